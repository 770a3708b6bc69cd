"""What a long run says meanwhile: one line that changes on a terminal, elsewhere a line now and then."""

import sys
import threading
import time

from .play import FAILED


class Progress:
    """Counts results, from the threads that have them."""

    def __init__(self, total, out=None, every=10.0):
        self.total, self.out = total, out or sys.stderr
        self.lock, self.played, self.failed = threading.Lock(), 0, 0
        self.terminal = self.out.isatty()
        self.every = min(every, 0.2) if self.terminal else every
        self.last_shown = time.monotonic()

    def count(self, result):
        with self.lock:
            self.played += 1
            self.failed += result.outcome == FAILED
            if time.monotonic() - self.last_shown >= self.every:
                self.last_shown = time.monotonic()
                self.show(f"{self.played} of {self.total} played, {self.failed} failed")

    def show(self, text):
        self.out.write(f"\r{text}\x1b[K" if self.terminal else f"{text}\n")
        self.out.flush()

    def end(self):
        """Leaves the terminal's line to what follows."""
        if self.terminal:
            self.show("")

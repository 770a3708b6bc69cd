"""Whether the machine let us run: a play during which it did not shows nothing about hangs and times."""

import threading
import time

TICK = 0.2  # seconds
LATE = 1.0  # seconds: nothing that the scenarios expect comes this close to its limit


class Watch(threading.Thread):
    """Looks at the clock now and then, and notices when it could not."""

    def __init__(self):
        super().__init__(daemon=True)
        self.late_at = float("-inf")

    def run(self):
        before = time.monotonic()
        while True:
            time.sleep(TICK)
            now = time.monotonic()
            if now - before > TICK + LATE:
                self.late_at = now
            before = now

    def was_late(self, since):
        return self.late_at >= since

"""A line that shows how a transfer goes: rewritten in a terminal, printed once at the end otherwise."""

import sys
import time

WIDTH = 30


class Progress:
    def __init__(self, name: str, size: int) -> None:
        self.name, self.size, self.done, self.timeouts = name, size, 0, 0
        self.start = self.shown = time.monotonic()

    def add(self, count: int) -> None:
        self.done += count
        if time.monotonic() - self.shown >= 0.1:  # ten times a second is as fast as anyone reads
            self.show("")

    def timeout(self) -> None:
        self.timeouts += 1
        self.show("  waiting for the server")

    def show(self, remark: str) -> None:
        if sys.stdout.isatty():
            part = self.done / self.size if self.size else 1
            full = int(part * WIDTH)
            bar = "━" * full + "─" * (WIDTH - full)
            megabytes = f"{self.done / 1e6:.1f} of {self.size / 1e6:.1f} MB"
            print(f"\r{self.name} {bar} {part:4.0%}  {megabytes}  {self.rate()}{remark}\x1b[K", end="", flush=True)
            self.shown = time.monotonic()

    def end(self) -> None:
        took = f"{self.done / 1e6:.1f} MB in {time.monotonic() - self.start:.1f} s, {self.rate()}"
        resumed = f", resumed after {self.timeouts} timeout{'s' * (self.timeouts > 1)}" if self.timeouts else ""
        begin = "\r\x1b[K" if sys.stdout.isatty() else ""
        print(f"{begin}{self.name}: {took}{resumed}")

    def rate(self) -> str:
        return f"{self.done / 1e6 / (time.monotonic() - self.start):.1f} MB/s"

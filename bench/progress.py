"""How far a benchmark is and how long it still takes: one line on standard error.

    progress = Progress("servers", ["asyncio", "uvloop"] * 5)  # what is measured, by name, as often as it will be
    with progress.part("asyncio"):
        …

Parts of one name are taken to last equally long, so the estimate is right once each name was measured once. Before
that, it is made of the mean of the others, or of how long the last run took, which its results say. `make bench` runs
several benchmarks and names them in POLYSOCK_BENCHES; each then shows its place, and the time left for all of them.
"""

import contextlib
import json
import os
import shutil
import sys
import time
from collections import Counter
from pathlib import Path

RESULTS = Path(__file__).parent
OFTEN = {True: 0.5, False: 15.0}  # seconds between lines: on a terminal, which shows them in one place, and elsewhere


class Progress:
    def __init__(self, name, plan=(), stream=None, clock=time.monotonic):
        self.name, self.stream, self.clock = name, stream or sys.stderr, clock
        self.left, self.taken, self.times = Counter(plan), Counter(), Counter()
        self.running, self.part_began, self.began = None, clock(), clock()
        self.last_shown = None
        self.place, self.later = place(name)

    def add(self, plan):
        """More parts to come."""
        self.left.update(plan)

    def without(self, name):
        """Parts of this name will not be measured after all: what they need is missing."""
        self.left.pop(name, None)

    @contextlib.contextmanager
    def part(self, name, note=""):
        """Runs around one part; what is shown with it can say more than its name."""
        self.running, self.part_began = name, self.clock()
        self.show(note)
        yield
        self.ended(name)

    def ended(self, name, note=""):
        """A part has ended that may have begun when the last one ended."""
        now = self.clock()
        self.taken[name] += now - self.part_began
        self.times[name] += 1
        self.left[name] -= 1
        self.left += Counter()  # drops what is not above zero
        self.running, self.part_began = None, now
        self.show(note or ("" if self.left else "done"), last=not self.left)

    def seconds(self):
        """How long it has taken so far."""
        return round(self.clock() - self.began)

    def seconds_left(self):
        """An estimate; None if there is nothing to make it of."""
        if not self.left:
            return 0.0
        if not self.times:
            last = last_time(self.name)
            return last and max(last - (self.clock() - self.began), 0.0)
        mean = self.taken.total() / self.times.total()
        each = {name: self.taken[name] / self.times[name] if self.times[name] else mean for name in self.left}
        passed = min(self.clock() - self.part_began, each[self.running]) if self.running in each else 0.0
        return sum(each[name] * times for name, times in self.left.items()) - passed

    def share(self):
        """The part of all parts that has been measured, weighed by time where it is known."""
        left = self.seconds_left()
        passed = self.clock() - self.began
        return passed / (passed + left) if left is not None and passed + left > 0 else 0.0

    def show(self, note="", last=False):
        on_terminal = self.stream.isatty()
        if not last and self.last_shown is not None and self.clock() - self.last_shown < OFTEN[on_terminal]:
            return
        self.last_shown = self.clock()
        text = self.text(note)
        if on_terminal:
            width = shutil.get_terminal_size().columns - 1
            self.stream.write(f"\r{text[:width]}\x1b[K" + ("\n" if last else ""))
        else:
            self.stream.write(text + "\n")
        self.stream.flush()

    def text(self, note):
        left = self.seconds_left()
        parts = [f"{self.place}{self.name}", f"{self.share():4.0%}"]
        if left is None:
            parts.append("time left: not known yet")
        elif self.left:
            parts.append(f"{duration(left)} left")
        else:
            parts.append(f"took {duration(self.seconds())}")
        if self.later:
            all_left = (left or 0) + sum(filter(None, self.later))
            parts.append(f"{duration(all_left)} left in all" + (" or more" if None in [left, *self.later] else ""))
        what = note or self.running
        return "  ".join(parts + [what] * bool(what))


def duration(seconds):
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02} min" if minutes else f"{seconds} s"


def place(name):
    """`[2/6] ` for the second of six benchmarks, and how long each of those after it took last time."""
    names = os.environ.get("POLYSOCK_BENCHES", "").split()
    if name not in names:
        return "", []
    at = names.index(name)
    return f"[{at + 1}/{len(names)}] ", [last_time(later) for later in names[at + 1 :]]


def last_time(name):
    """How many seconds a benchmark took, as its results say."""
    try:
        return json.loads((RESULTS / f"{name}.json").read_text())["seconds"]
    except (OSError, ValueError, KeyError, TypeError):
        return None

"""What the plays of all processes have shown."""

import collections
import sys
import time

from .judge import ABSORBED, EXEMPT, NOT_REACHED, REFUSED, SAME, VIOLATION

OUTCOMES = (ABSORBED, REFUSED, NOT_REACHED, EXEMPT, VIOLATION, SAME)
EVERY = 60  # seconds between two lines that report how far a run has come


class Tally:
    def __init__(self, finished):
        self.finished, self.counts, self.violations = finished, collections.Counter(), 0
        self.began = self.shown = time.monotonic()

    def take_over(self, task):
        """Adds what an earlier run has found of a task. Returns whether it had finished the task."""
        outcomes = self.finished.outcomes(task.name, task.role, task.path)
        if outcomes is not None:
            self.add(task.name, outcomes)
        return outcomes is not None

    def note(self, done):
        name, role, path = done.task
        for fault, message in done.violations:
            print(f"VIOLATION {name} as {role}, {path}, {fault}")
            print("  " + message.replace("\n", "\n  "), flush=True)
        self.add(name, done.outcomes)
        self.counts.update({(name, role, what): number for what, number in done.numbers.items()})
        if done.whole:
            self.finished.add(name, role, path, done.outcomes)
        if time.monotonic() - self.shown > EVERY:
            self.shown = time.monotonic()
            print(f"{self.summary()} so far", file=sys.stderr, flush=True)

    def add(self, name, outcomes):
        self.counts.update({(name, outcome): number for outcome, number in outcomes.items()})
        self.violations += outcomes.get(VIOLATION, 0)

    def report_possible(self, parts):
        for name, role in parts:
            numbers = (self.counts[name, role, what] for what in ("scenarios", "calls", "faults"))
            print("{} as {}: {} scenarios, {} calls that can fail, {} faults".format(name, role, *numbers))

    def report(self, names):
        print(f"{'calls fail in':14} {'faults':>8} " + " ".join(f"{outcome:>11}" for outcome in OUTCOMES))
        for name in names:
            numbers = [self.counts[name, outcome] for outcome in OUTCOMES]
            print(f"{name:14} {sum(numbers):8} " + " ".join(f"{number:11}" for number in numbers))
        print(self.summary())

    def number(self, *outcomes):
        return sum(number for (_, *last), number in self.counts.items() if last[-1] in outcomes)

    def plays(self):
        return self.number(*OUTCOMES) - self.number(SAME)

    def summary(self):
        same, seconds = self.number(SAME), time.monotonic() - self.began
        text = f"{self.plays()} plays with a fault in {seconds:.0f} s, {self.violations} violations"
        if checked := self.number("checked"):
            text += f"; {checked} of them were made to check that they are the same as others"
        return text + (f"; {same} more are the same as one of these" if same else "")

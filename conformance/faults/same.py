"""Plays that need not be made, because another one was the same.

There are two ways to tell. A play ends at the first step that the fault changes: another scenario that begins with the same steps
ends there, too, with the same fault. And if all calls from the n-th on were to fail, but there was only one, then that play was
the same as one in which only the n-th call fails.
"""

import itertools
import mmap
from dataclasses import replace

from runner.scenario import Scenario

from .judge import REFUSED

SLOTS = 1 << 21  # several times as many as there are faults
TRIES = 64


class Numbers:
    """A set of numbers that all processes of a run share: make it before they are forked."""

    def __init__(self):
        self.slots = memoryview(mmap.mmap(-1, 8 * SLOTS)).cast("q")

    def places(self, number):
        return ((number + i) % SLOTS for i in range(TRIES))

    def add(self, number):
        """If two processes add at the same time, one number may be lost: then a play is made twice."""
        free = next((place for place in self.places(number) if self.slots[place] in (0, number)), None)
        if free is not None:
            self.slots[free] = number

    def __contains__(self, number):
        values = (self.slots[place] for place in self.places(number))
        return any(value == number for value in itertools.takewhile(lambda value: value != 0, values))


class Same:
    """What is known from the plays of a scenario, and from those of other scenarios in the same language and role."""

    def __init__(self, ended, name, role, scenario):
        self.ended, self.alone = ended, {}
        self.beginnings = list(beginnings((name, role), scenario.steps)) if isinstance(scenario, Scenario) else []
        self.different = set(self.beginnings)

    def outcome(self, fault):
        """How the play with this fault would end, where that is known."""
        if any(hash((beginning, fault)) in self.ended for beginning in self.different):
            return REFUSED
        return None if fault.lasting else self.alone.get(replace(fault, lasting=True))

    def note(self, played):
        if played.fault.lasting and played.hits == 1:
            self.alone[played.fault] = played.outcome
        if played.outcome == REFUSED and played.ended_at is not None:
            self.ended.add(hash((self.beginnings[played.ended_at], played.fault)))


def beginnings(part, steps):
    """For each step, a number that stands for all that was done up to it; expectations of segments on the wire are left out."""
    number = hash(part)
    for step in steps:
        if step.kind != "wire":
            number = hash((number, step.text))
        yield number

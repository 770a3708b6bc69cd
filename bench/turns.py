"""Variants of the same work, measured in turns, each in a separate process."""

import multiprocessing
import signal
import time
from dataclasses import dataclass

#: No variant may take longer for one measurement: one that blocks for ever ends the run.
LONGEST = 60  # seconds


@dataclass
class Measured:
    ns: float  #: of one operation
    #: Processor time by the time that passed: of the process that measures, and of the one that sends to it.
    receiver: float | None = None
    sender: float | None = None


def clocked(call, argument, count):
    """What one of `count` operations took, and what the call returned."""
    busy, start = time.process_time_ns(), time.perf_counter_ns()
    result = call(argument)
    passed, busy = time.perf_counter_ns() - start, time.process_time_ns() - busy
    return Measured(passed / count, round(busy / passed, 3)), result


def must_be(expected, found):
    if found != expected:
        raise ValueError(f"{found!r} instead of {expected!r}")


class Absent(Exception):
    """What a variant needs is not on this machine."""


class Contestant:
    """A variant in its process, which waits until it is asked to measure.

    A process each, because threads and modules of one variant would change what the next one costs.
    """

    def __init__(self, make):
        context = multiprocessing.get_context("fork")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=serve, args=(make, other), daemon=True)
        self.process.start()
        other.close()
        self.answer()

    def measure(self):
        self.pipe.send(True)
        return self.answer()

    def answer(self):
        try:
            answer = self.pipe.recv()
        except EOFError:
            self.process.join()
            raise RuntimeError(f"a variant ended with {self.process.exitcode}") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self):
        self.pipe.send(False)
        self.process.join()


def serve(make, pipe):
    signal.alarm(LONGEST)
    try:
        with make() as measure:
            measure()  # warms up
            answer = None
            while True:
                signal.alarm(0)
                pipe.send(answer)
                if not pipe.recv():
                    return
                signal.alarm(LONGEST)
                answer = measure()
    except ImportError as error:
        pipe.send(Absent(error.name))
    except Exception as error:
        pipe.send(error)
        raise


def part_name(group, variant):
    return f"{group}: {variant}"


def in_turns(variants, rounds, progress, group):
    """What each variant measured, round after round, and the modules that are not installed."""
    contestants, absent = {}, set()
    for name, make in variants.items():
        try:
            contestants[name] = Contestant(make)
        except Absent as error:
            absent.add(str(error))
            progress.without(part_name(group, name))
    values = {name: [] for name in contestants}
    for number in range(rounds):
        # The order changes from round to round, so that none always comes first.
        for name in list(contestants) if number % 2 else reversed(contestants):
            with progress.part(part_name(group, name)):
                values[name].append(contestants[name].measure())
    for contestant in contestants.values():
        contestant.close()
    return values, absent

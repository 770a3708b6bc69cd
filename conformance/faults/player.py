"""How one process of a run plays its tasks, and what it reports of each."""

import collections
import pathlib
import time
from dataclasses import dataclass, field

from runner.play import open_network

from .choice import wanted
from .control import Control
from .judge import NOT_REACHED, SAME, VIOLATION, Violated
from .play import Exceptions, FaultPair, Played
from .same import Same
from .tour import Tour
from .watch import Watch

SAMPLE_OF_TOUR = 10  # times as many faults of a tour as of a scenario: it is longer
TOUR = "tour"
TRIES = 5  # of a play during which the machine stood still


@dataclass
class Task:
    """All plays of a scenario in one language and role, or a share of those of a tour."""

    name: str
    role: str
    path: str
    scenario: object = None
    area: str = ""
    share: tuple = (0, 1)  # which one, of how many


@dataclass
class Done:
    """How the plays of a task ended, and how many there could be."""

    task: tuple  # name, role, path
    outcomes: dict = field(default_factory=collections.Counter)
    numbers: dict = field(default_factory=dict)
    violations: list = field(default_factory=list)
    whole: bool = False


class Player:
    """Keeps its drivers from one task to the next, if both have the same language and role."""

    def __init__(self, options, drivers, objects, known, ended):
        self.options, self.drivers, self.objects, self.known, self.ended = options, drivers, objects, known, ended
        self.shim = str(pathlib.Path(options.shim).resolve())
        self.exceptions = Exceptions((pathlib.Path(__file__).parent / "exceptions.txt").read_text(encoding="utf-8"))
        self.part, self.pair, self.watch = None, None, Watch()

    def __enter__(self):
        self.watch.start()
        return self

    def __exit__(self, *exc):
        if self.pair:
            self.pair.close()
            self.pair.network.close()
            self.pair.control.close()
        self.part, self.pair = None, None

    def play(self, task, is_stopped):
        done = Done((task.name, task.role, task.path))
        plays = self.plays_of_tour(task, done) if task.name == TOUR else self.plays(task, done)
        began = time.monotonic()
        for played in plays:
            if is_stopped():  # what stopped us may have stopped the drivers, too
                return done
            if self.options.verbose:
                took = (time.monotonic() - began) * 1000
                print(f"{played.outcome} {task.name} as {task.role}, {played.scenario}, {played.fault} ({took:.0f} ms)", flush=True)
            done.outcomes[played.outcome] += 1
            if played.outcome == VIOLATION:
                done.violations.append((str(played.fault), played.message))
            began = time.monotonic()
        done.whole = True
        return done

    def plays(self, task, done):
        """Plays a scenario with every fault, or with a sample of them."""
        pair, scenario = self.pair_for(task.name, task.role), task.scenario
        counted = self.unhindered(lambda: counts(pair, scenario))
        if counted.outcome == VIOLATION:
            yield counted
            return
        separate = pair.object_name != ""
        found = wanted(counted.seen, scenario.name, task.name, task.role, separate, self.options, self.options.sample)
        done.numbers = numbers_of(found)
        same = Same(self.ended, task.name, task.role, scenario)
        for fault in [] if self.options.count else found:
            known = same.outcome(fault)
            if known is not None and not self.options.check_same:
                yield Played(scenario.path, fault, SAME)
                continue
            played = self.unhindered(lambda fault=fault: pair.play_with(scenario, fault))
            if known is None:
                same.note(played)
            else:
                done.numbers["checked"] = done.numbers.get("checked", 0) + 1
                if played.outcome not in (known, NOT_REACHED):
                    played.outcome, played.message = VIOLATION, f"{known} was expected: {played.outcome} {played.message}"
            yield played

    def pair_for(self, name, role):
        if self.part != (name, role):
            self.__exit__()
            mine, partner = (name, self.drivers[name]), (self.options.partner, self.drivers[self.options.partner])
            ends = (mine, partner) if role == "server" else (partner, mine)
            shimmed = (self.shim, self.objects.get(name, ""))
            self.pair = FaultPair(*ends, role, self.known, self.exceptions, self.options.limit, *shimmed)
            self.part = (name, role)
            self.pair.network, _ = open_network(True)
        return self.pair

    def plays_of_tour(self, task, done):
        control, options = Control(), self.options
        tour = Tour(options.tour, self.shim, self.objects["c"], control)
        try:
            counted = self.unhindered(lambda: Played(task.path, None, *tour.play(task.area)))
            if counted.outcome != NOT_REACHED:
                yield counted
                return
            sample = options.sample and options.sample * SAMPLE_OF_TOUR
            number, shares = task.share
            found = wanted(control.seen(), task.area, TOUR, "c", True, options, sample)[number::shares]
            done.numbers = numbers_of(found)
            for fault in [] if options.count else found:
                yield self.unhindered(lambda fault=fault: Played(task.path, fault, *tour.play(task.area, fault)))
        finally:
            control.close()

    def unhindered(self, play):
        """Plays again if there was a violation while the machine stood still, which may be the only reason for it."""
        for _ in range(TRIES):
            began = time.monotonic()
            played = play()
            if played.outcome != VIOLATION or not self.watch.was_late(began):
                break
        return played


@dataclass
class Counted:
    """A play without a fault."""

    scenario: str
    seen: dict
    outcome: str = NOT_REACHED
    message: str = ""
    fault: object = None


def counts(pair, scenario):
    try:
        return Counted(scenario.path, pair.calls(scenario) or {})
    except Violated as exc:
        return Counted(scenario.path, {}, VIOLATION, str(exc))


def numbers_of(found):
    return {"scenarios": int(bool(found)), "calls": len({(fault.call, fault.at) for fault in found}), "faults": len(found)}

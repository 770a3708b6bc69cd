#!/usr/bin/env python3
"""Plays the conformance scenarios while system calls of a driver fail, one after the other. See README.md."""

import argparse
import collections
import concurrent.futures
import pathlib
import random
import signal
import sys
import threading
import time

from faults.control import Control
from faults.finished import Finished, OtherRun
from faults.judge import ABSORBED, EXEMPT, NOT_REACHED, REFUSED, VIOLATION, Violated
from faults.play import Exceptions, FaultPair, Played
from faults.table import CALLS, faults
from faults.tour import AREAS, Tour
from faults.transfers import TRANSFERS
from run import HERE, choose, read_drivers
from runner.known import Known
from runner.play import open_network
from runner.scenario import ROLES, Malformed, load

# The options that say which faults are played.
WHICH = ("only", "call", "spared", "error", "most", "sample", "once", "seed", "partner")
SAMPLE_OF_TOUR = 10  # times as many faults of a tour as of a scenario: it is longer


def main(arguments=None):
    options = parse(arguments)
    try:
        scenarios = load(options.scenarios)
        drivers, objects = read_drivers(options.driver), dict(spec.partition("=")[::2] for spec in options.calls_of)
        known = Known(options.known, scenarios, drivers)
        # The transfers first: of a transfer all bytes are looked at.
        chosen = [*TRANSFERS, *scenarios] if not options.only else choose([*TRANSFERS, *scenarios], options.only)
        finished = Finished(None if options.count else options.go_on_with, {key: getattr(options, key) for key in WHICH})
    except (Malformed, OtherRun) as exc:
        print(exc, file=sys.stderr)
        return 2
    began, tally = time.monotonic(), Tally(finished)
    names = [*(options.faulty or list(drivers)), *(["tour"] if options.tour else [])]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    play_all([name for name in names if name != "tour"], drivers, objects, known, chosen, options, tally)
    played = report(tally.counts, names, tally.violations, time.monotonic() - began)
    if tally.stopped:
        print("stopped before its end")
    else:
        finished.forget()
    return 1 if tally.violations or tally.stopped or not (played or options.count) else 0


class Tally:
    """What the plays have shown, of all that go on at the same time."""

    def __init__(self, finished):
        self.lock, self.counts, self.violations, self.stopped = threading.Lock(), collections.Counter(), 0, False
        self.finished = finished

    def add(self, name, **numbers):
        with self.lock:
            self.counts.update({(name, what): number for what, number in numbers.items()})

    def note(self, name, role, played):
        with self.lock:
            self.counts[name, played.outcome] += 1
            if played.outcome == VIOLATION:
                self.violations += 1
                print(f"VIOLATION {name} as {role}, {played.scenario}, {played.fault}")
                print("  " + played.message.replace("\n", "\n  "), flush=True)

    def note_all(self, name, role, path, plays):
        """Notes the plays of a scenario, of which an earlier run may have had all."""
        outcomes = self.finished.outcomes(name, role, path)
        if outcomes is not None:
            with self.lock:
                self.counts.update({(name, outcome): number for outcome, number in outcomes.items()})
                self.violations += outcomes.get(VIOLATION, 0)
            return
        outcomes = collections.Counter()
        for played in plays:
            self.note(name, role, played)
            outcomes[played.outcome] += 1
            if self.stopped:
                return
        self.finished.add(name, role, path, outcomes)


def play_all(names, drivers, objects, known, chosen, options, tally):
    parts = [(name, role) for name in names for role in ROLES]
    with concurrent.futures.ThreadPoolExecutor(max(1, options.jobs)) as pool:
        futures = [
            pool.submit(
                play_part, name, role, drivers, objects.get(name, ""), known,
                chosen[number :: len(parts)] if options.sample else chosen, options, tally,
            )
            for number, (name, role) in enumerate(parts)
        ]  # fmt: skip
        if options.tour:
            futures += [pool.submit(play_tour, area, objects["c"], options, tally) for area in AREAS if is_wanted(f"tour/{area}", options)]
        try:
            for future in futures:
                future.result()
        except KeyboardInterrupt:
            tally.stopped = True
            pool.shutdown(cancel_futures=True)


def play_part(name, role, drivers, object_name, known, scenarios, options, tally):
    mine, partner = (name, drivers[name]), (options.partner, drivers[options.partner])
    ends = (mine, partner) if role == "server" else (partner, mine)
    shim = str(pathlib.Path(options.shim).resolve())
    exceptions = Exceptions((HERE / "faults" / "exceptions.txt").read_text(encoding="utf-8"))
    pair = FaultPair(*ends, role, known, exceptions, options.limit, shim, object_name, options.verbose)
    pair.network, _ = open_network(True)
    try:
        for scenario in scenarios:
            tally.note_all(name, role, scenario.path, play(pair, name, role, object_name, scenario, options, tally))
            if tally.stopped:
                return
    finally:
        pair.close()
        pair.network.close()
        pair.control.close()
    if options.count:
        numbers = (tally.counts[name, what] for what in ("scenarios", "calls", "faults"))
        print("{} up to {}: {} scenarios, {} calls that can fail, {} faults".format(name, role, *numbers), flush=True)


def is_wanted(path, options):
    return not options.only or any(pattern in path for pattern in options.only)


def play_tour(area, object_name, options, tally):
    control = Control()
    tour = Tour(options.tour, str(pathlib.Path(options.shim).resolve()), object_name, control)
    try:
        tally.note_all("tour", "c", f"tour/{area}", plays_of_tour(tour, area, control, options, tally))
    finally:
        control.close()


def plays_of_tour(tour, area, control, options, tally):
    outcome, message = tour.play(area)
    if outcome != NOT_REACHED:
        yield Played(f"tour/{area}", None, VIOLATION, message)
        return
    found = wanted(control.seen(), area, "tour", "c", True, options, options.sample and options.sample * SAMPLE_OF_TOUR)
    tally.add("tour", scenarios=1, calls=len({(fault.call, fault.at) for fault in found}), faults=len(found))
    for fault in [] if options.count else found:
        outcome, message = tour.play(area, fault)
        if options.verbose:
            print(f"{outcome} tour/{area}, {fault}", flush=True)
        yield Played(f"tour/{area}", fault, outcome, message)


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--driver", action="append", default=[], metavar="NAME=COMMAND", help="a language; repeat it")
    parser.add_argument("--calls-of", action="append", default=[], metavar="NAME=OBJECT", help="the file in that driver whose calls fail")
    parser.add_argument("--tour", metavar="PROGRAM", help="made of faults/tour.c, to be played too")
    parser.add_argument("--shim", required=True, help="the library built from faults/shim.c")
    parser.add_argument("--faulty", action="append", metavar="NAME", help="the languages whose calls fail (default: all)")
    parser.add_argument("--partner", default="c", metavar="NAME", help="the language at the other end")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN", help="scenarios by name or area/name")
    parser.add_argument("--call", action="append", choices=CALLS, help="only these calls fail")
    parser.add_argument("--except", dest="spared", action="append", default=[], choices=CALLS, help="these calls don't fail")
    parser.add_argument("--error", action="append", help="only in these ways: EMFILE, 'one byte', …")
    parser.add_argument("--most", type=int, default=1000, help="how many of one kind of call fail in a scenario")
    parser.add_argument("--sample", type=int, metavar="N", help="N faults a scenario, always the same; languages take turns")
    parser.add_argument("--once", action="store_true", help="every call fails, each in one way, always the same")
    parser.add_argument("--seed", default="1", help="which ones --sample and --once take")
    parser.add_argument("--go-on-with", metavar="FILE", help="keep in FILE what is finished until all is; a stopped run continues there")
    parser.add_argument("--count", action="store_true", help="say how many faults there are, play none")
    parser.add_argument("--jobs", type=int, default=4, help="languages and roles played at the same time")
    parser.add_argument("--limit", type=float, default=15, help="seconds a step may take")
    parser.add_argument("--verbose", action="store_true", help="every play")
    parser.add_argument("--scenarios", default=HERE / "scenarios", help=argparse.SUPPRESS)
    parser.add_argument("--known", default=HERE / "known_differences.txt", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def play(pair, name, role, object_name, scenario, options, tally):
    """The plays of one scenario, with every fault or a sample of them."""
    try:
        seen = pair.calls(scenario)
    except Violated as exc:
        yield Played(scenario.path, None, VIOLATION, str(exc))
        return
    found = wanted(seen or {}, scenario.name, name, role, object_name != "", options, options.sample)
    tally.add(name, scenarios=bool(found), calls=len({(fault.call, fault.at) for fault in found}), faults=len(found))
    for fault in [] if options.count else found:
        played = pair.play_with(scenario, fault)
        if options.verbose:
            print(f"{played.outcome} {name} as {role}, {scenario.path}, {fault}", flush=True)
        yield played


def wanted(seen, scenario, name, role, separate, options, sample):
    found = [
        fault
        for call, count in seen.items()
        if call not in ("allocation", "pthread_create") or separate  # in one program with the library they are the driver's too
        if call not in options.spared
        if options.call is None or call in options.call
        for at in range(min(count, options.most))
        for fault in faults(call, at)
        if options.error is None or fault.error in options.error
    ]
    chance = random.Random(f"{options.seed} {name} {role} {scenario}")
    if options.once:
        ways = collections.defaultdict(list)
        for fault in found:
            ways[fault.call, fault.at].append(fault)
        found = [chance.choice(faults_of_call) for faults_of_call in ways.values()]
    if sample and len(found) > sample:
        return chance.sample(found, sample)
    return found


def report(counts, names, violations, seconds):
    outcomes = (ABSORBED, REFUSED, NOT_REACHED, EXEMPT, VIOLATION)
    print(f"{'calls fail in':14} {'plays':>8} " + " ".join(f"{outcome:>11}" for outcome in outcomes))
    for name in names:
        numbers = [counts[name, outcome] for outcome in outcomes]
        print(f"{name:14} {sum(numbers):8} " + " ".join(f"{number:11}" for number in numbers))
    total = sum(counts[name, outcome] for name in names for outcome in outcomes)
    print(f"{total} plays with a fault in {seconds:.0f} s, {violations} violations")
    return total


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Plays the conformance scenarios while system calls of a driver fail, one after the other. See README.md."""

import argparse
import sys

from faults.choice import OPTIONS
from faults.finished import Finished, OtherRun
from faults.player import TOUR, Player, Task
from faults.same import Numbers
from faults.sharing import Tasks, share_out
from faults.table import CALLS
from faults.tally import Tally
from faults.tour import AREAS
from faults.transfers import TRANSFERS
from run import HERE, choose, read_drivers
from runner.known import Known
from runner.scenario import ROLES, Malformed, load

SHARES_OF_TOUR = 16


def main(arguments=None):
    options = parse(arguments)
    try:
        scenarios = load(options.scenarios)
        drivers, objects = read_drivers(options.driver), dict(spec.partition("=")[::2] for spec in options.calls_of)
        known = Known(options.known, scenarios, drivers)
        # The transfers first: of a transfer all bytes are looked at.
        chosen = choose_any([*TRANSFERS, *scenarios], options)
        finished = Finished(None if options.count else options.go_on_with, {key: getattr(options, key) for key in OPTIONS})
    except (Malformed, OtherRun) as exc:
        print(exc, file=sys.stderr)
        return 2
    names, tally = options.faulty or list(drivers), Tally(finished)
    lists = [*lists_of_tour(options), *lists_of(names, chosen, options)]
    tasks = Tasks([[task for task in tasks if not tally.take_over(task)] for tasks in lists])
    all_done = share_out(tasks, options.jobs, Player(options, drivers, objects, known, Numbers()), tally.note)
    if options.count:
        tally.report_possible(dict.fromkeys((task.name, task.role) for tasks in lists for task in tasks))
        return 0
    tally.report([*names, *([TOUR] if options.tour else [])])
    if all_done:
        finished.forget()
    else:
        print("stopped before its end")
    return 1 if tally.violations or not all_done or not tally.plays() else 0


def choose_any(scenarios, options):
    try:
        return choose(scenarios, options.only)
    except Malformed:
        if not wanted_areas(options):
            raise
        return []  # only a tour is asked for


def lists_of(names, chosen, options):
    parts = [(name, role) for name in names for role in ROLES]
    for number, (name, role) in enumerate(parts):
        mine = chosen[number :: len(parts)] if options.sample else chosen
        yield [Task(name, role, scenario.path, scenario) for scenario in mine]


def lists_of_tour(options):
    shares = 1 if options.sample else SHARES_OF_TOUR
    for area in wanted_areas(options):
        yield [Task(TOUR, "c", f"tour/{area} {i + 1}", area=area, share=(i, shares)) for i in range(shares)]


def wanted_areas(options):
    areas = AREAS if options.tour else ()
    return [area for area in areas if not options.only or any(pattern in f"tour/{area}" for pattern in options.only)]


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
    parser.add_argument("--check-same", action="store_true", help="also play what would be the same as another play, and compare")
    parser.add_argument("--go-on-with", metavar="FILE", help="keep in FILE what is finished until all is; a stopped run continues there")
    parser.add_argument("--count", action="store_true", help="say how many faults there are, play none")
    parser.add_argument("--jobs", type=int, default=4, help="processes that play at the same time")
    parser.add_argument("--limit", type=float, default=15, help="seconds a step may take")
    parser.add_argument("--verbose", action="store_true", help="every play")
    parser.add_argument("--scenarios", default=HERE / "scenarios", help=argparse.SUPPRESS)
    parser.add_argument("--known", default=HERE / "known_differences.txt", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())

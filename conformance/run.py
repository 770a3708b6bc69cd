#!/usr/bin/env python3
"""Plays the conformance scenarios with every server language against every client language. See README.md."""

import argparse
import collections
import concurrent.futures
import fnmatch
import os
import pathlib
import sys

from runner.known import Known
from runner.play import FAILED, KNOWN, PASSED, SKIPPED, Pair
from runner.progress import Progress
from runner.scenario import Malformed, load

HERE = pathlib.Path(__file__).resolve().parent


def main(arguments=None):
    options = parse(arguments)
    try:
        scenarios = load(options.scenarios)
        drivers = read_drivers(options.driver)
        witnesses = read_drivers(options.witness)
        if set(drivers) & set(witnesses):
            raise Malformed(f"both a driver and a witness: {' '.join(set(drivers) & set(witnesses))}")
        known = Known(options.known, scenarios, [*drivers, *witnesses])
        chosen = choose(scenarios, options.only)
    except Malformed as exc:
        print(exc, file=sys.stderr)
        return 2
    if options.list:
        for scenario in chosen:
            print(f"{scenario.path:45} {scenario.shows}")
        return 0
    # The witnesses first: they take longest, as they wait in vain for what is known to fail.
    pairs = [(witness, witness) for witness in witnesses.items()]
    pairs += [(server, client) for server in drivers.items() for client in drivers.items()]
    if not pairs:
        print("nothing to play: give --driver NAME=COMMAND or --witness NAME=COMMAND", file=sys.stderr)
        return 2
    return report(play(pairs, chosen, known, options), pairs, options)


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--driver", action="append", default=[], metavar="NAME=COMMAND", help="a language; repeat it")
    parser.add_argument("--witness", action="append", default=[], metavar="NAME=COMMAND", help="plays against itself only; repeat it")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN", help="scenarios by name or area/name")
    parser.add_argument("--list", action="store_true", help="show the scenarios, run nothing")
    parser.add_argument("--verbose", action="store_true", help="every line, every result")
    parser.add_argument("--jobs", type=int, default=4, help="pairs played at the same time: they mostly wait")
    parser.add_argument("--repeat", type=int, default=1, help="play everything that often")
    parser.add_argument("--limit", type=float, default=15, help="seconds a step may take")
    parser.add_argument("--no-wire", action="store_true", help="the network as it is: no namespace, no wire checks")
    parser.add_argument("--scenarios", default=HERE / "scenarios", help="another directory of scenarios")
    parser.add_argument("--known", default=HERE / "known_differences.txt", help="another file of known differences")
    return parser.parse_args(arguments)


def read_drivers(specs):
    drivers = {}
    for spec in specs:
        name, equals, command = spec.partition("=")
        if not equals or not command or not name.isidentifier():
            raise Malformed(f"{spec}: expected NAME=COMMAND")
        if name in drivers:
            raise Malformed(f"{spec}: the name is taken")
        drivers[name] = command
    return drivers


def choose(scenarios, patterns):
    def wanted(scenario):
        names = (scenario.name, scenario.path)
        return any(p in n or fnmatch.fnmatchcase(n, p) for p in patterns for n in names)

    chosen = [s for s in scenarios if not patterns or wanted(s)]
    if not chosen:
        raise Malformed(f"no scenario matches {' '.join(patterns)}")
    return chosen


def play(pairs, scenarios, known, options):
    progress = Progress(len(pairs) * options.repeat * len(scenarios))
    with concurrent.futures.ThreadPoolExecutor(max(1, options.jobs)) as pool:
        futures = [
            pool.submit(
                Pair(server, client, known, options.limit, options.verbose, not options.no_wire).play_all, scenarios, progress.count
            )
            for _ in range(options.repeat)
            for server, client in pairs
        ]
        results = [result for future in futures for result in future.result()]
    progress.end()
    return results


def report(results, pairs, options):
    if options.verbose:
        show_log(results)
    show_reasons(results)
    counts = collections.Counter((r.pair, r.outcome) for r in results)
    print(f"{'server':12} {'client':12} {'passed':>7} {'failed':>7} {'skipped':>8} {'known':>6} {'seconds':>8}")
    for (server, _), (client, _) in pairs:
        pair = (server, client)
        numbers = [counts[pair, outcome] for outcome in (PASSED, FAILED, SKIPPED, KNOWN)]
        seconds = sum(r.seconds for r in results if r.pair == pair)
        print("{:12} {:12} {:7} {:7} {:8} {:6} {:8.2f}".format(*pair, *numbers, seconds))
    # Near the end, where they are found: a log is long, and may be cut.
    show_failures([result for result in results if result.outcome == FAILED])
    total = collections.Counter(r.outcome for r in results)
    print(f"{total[PASSED]} passed, {total[FAILED]} failed, {total[SKIPPED] + total[KNOWN]} skipped")
    note_skipped(results)
    return 0 if total[PASSED] and not total[FAILED] else 1


def note_skipped(results):
    """Notes what the machine has not let us test in the list that `make test` ends with (tools/skipped.sh)."""
    if not (path := os.environ.get("POLYSOCK_SKIPPED")):
        return
    counts = collections.Counter(r.wants for r in results if r.wants)
    with open(path, "a", encoding="utf-8") as file:
        file.writelines(f"conformance: {count} plays\t{wants}\n" for wants, count in counts.items())


def show_failures(results):
    reported = set()
    for result in results:
        print(f"FAILED {result.scenario.path}  server {result.pair[0]}, client {result.pair[1]}")
        if (result.pair, result.reason) in reported:  # such as a driver that does not start
            print("  as above\n")
            continue
        reported.add((result.pair, result.reason))
        print(f"  shows: {result.scenario.shows}")
        print("  " + result.reason.replace("\n", "\n  ") + "\n")


def show_reasons(results):
    """What was not proved, and why: once for all pairs."""
    groups = collections.defaultdict(lambda: collections.defaultdict(set))
    for result in results:
        if result.outcome in (SKIPPED, KNOWN):
            kind = "skipped" if result.outcome == SKIPPED else "known difference"
            groups[kind, result.reason][result.scenario.path].add("-".join(result.pair))
    for (kind, reason), paths in sorted(groups.items()):
        names = sorted(set().union(*paths.values()))
        print(f"{kind}: {several(sorted(paths))}: {reason} ({', '.join(names)})")
    if groups:
        print()


def several(paths):
    if len(paths) <= 3:
        return ", ".join(paths)
    areas = collections.Counter(path.partition("/")[0] for path in paths)
    return ", ".join(f"{count} in {area}" for area, count in areas.items())


def show_log(results):
    for result in results:
        print(f"{result.outcome} {result.scenario.path} {'-'.join(result.pair)} {result.seconds * 1000:.0f} ms")
        for line in result.log:
            print("  " + line)
    print("slowest:")
    for result in sorted(results, key=lambda r: -r.seconds)[:10]:
        print(f"  {result.seconds * 1000:6.0f} ms {result.scenario.path} {'-'.join(result.pair)}")
    print()


if __name__ == "__main__":
    sys.exit(main())

"""Compares servers under load, in Python and in C:

    servers.py --built FOLDER [--rounds N] [--seconds S] [--short] [--servers WORDS,…] [--loads WORDS,…] [RESULT.json]

A client in C (servers/load.c) keeps connections busy, each with one request under way. All servers take turns with
a load, round after round; each measurement starts its server anew. The server runs on one processor and the client on
another, if there are two. The client's own share of its processor is part of the result: where it had none left and
the server had, it is the client that was measured, and the table says so. A measurement during which other programs had
more than a twentieth of one of the two processors is repeated.
"""

import argparse
import math
import os
import platform
import statistics
import subprocess
from collections import defaultdict
from pathlib import Path

import server_tables
from awake import awake
from comparison import processor
from progress import Progress
from results import save, summary
from server_load import LOADS, Settings, measure_undisturbed, processors
from server_programs import programs

SHORT = {"rounds": 2, "seconds": 0.3}


def main():
    arguments = parsed()
    chosen = [each for each in programs(arguments.built) if is_chosen(each.name, arguments.servers)]
    loads = {name: load for name, load in LOADS.items() if is_chosen(name, arguments.loads)}
    if arguments.short:
        loads = {name: load for name, load in loads.items() if load.short}
    absent = {each.name: each.missing() for each in chosen if each.missing()}
    chosen = [each for each in chosen if each.name not in absent]
    client_on, server_on = processors()
    settings = Settings(str(arguments.built / "load_c"), arguments.seconds, arguments.seconds / 4, server_on, client_on)

    turns = list(in_turns(chosen, loads, arguments.rounds))
    progress = Progress("servers", [part_name(each, load) for load, each in turns])
    measured, failures = defaultdict(list), {}
    with awake():
        for load, each in turns:
            if (each.name, load) in failures:
                continue
            with progress.part(part_name(each, load)):
                try:
                    measured[each.name, load].append(measure_undisturbed(each, loads[load], settings))
                except (RuntimeError, subprocess.TimeoutExpired) as failure:
                    failures[each.name, load] = str(failure)
                    progress.without(part_name(each, load))

    rows = {each.name: row(each, loads, measured, failures) for each in chosen}
    facts = {
        "processor": processor(),
        "processors": os.cpu_count(),
        "server_on": server_on,
        "client_on": client_on,
        "python": platform.python_version(),
        "rounds": arguments.rounds,
        "of_seconds": arguments.seconds,
        "absent": absent,
        "loads": {name: load.facts() for name, load in loads.items()},
    }
    markdown = server_tables.shown(rows, facts)
    print(markdown, end="")
    if arguments.result:
        save(arguments.result, rows, markdown, seconds=progress.seconds(), **facts)


def in_turns(chosen, loads, rounds):
    """Yields the measurements in order, each as (name of a load, program)."""
    most = math.ceil(max((load.rounds for load in loads.values()), default=1))
    for number in range(rounds):
        for again in range(most):
            for name, load in loads.items():
                if number + again * rounds < load.rounds * rounds:
                    # The order alternates, so that no server always comes first.
                    for each in chosen if (number + again) % 2 else reversed(chosen):
                        yield name, each


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--built", type=Path, required=True, help="the folder with the programs in C")
    parser.add_argument("--rounds", type=int, help="of most loads; some have more, or fewer")
    parser.add_argument("--seconds", type=float, help="of one measurement")
    parser.add_argument("--short", action="store_true", help="fewer loads and rounds: about 3 minutes")
    parser.add_argument("--servers", metavar="WORDS", type=words, help="only servers with one of these in their names")
    parser.add_argument(
        "--loads", metavar="WORDS", type=words, help=f"only loads with one of these: {', '.join(LOADS)}"
    )
    parser.add_argument("result", nargs="?", type=Path)
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (SHORT["rounds"] if arguments.short else 5)
    arguments.seconds = arguments.seconds or (SHORT["seconds"] if arguments.short else 0.5)
    return arguments


def words(text):
    return text.split(",")


def is_chosen(name, words):
    return not words or any(word in name for word in words)


def part_name(program, load):
    return f"{program.name}, {load}"


def row(program, loads, measured, failures):
    cells = {}
    for load in loads:
        values = measured[program.name, load]
        if (program.name, load) in failures or not values:
            cells[load] = {"failed": failures[program.name, load]}
        else:
            cells[load] = cell(values, loads[load])
    return {"language": program.language, "ours": program.is_ours, "cells": cells}


def cell(values, load):
    """What several measurements of the same come to."""

    def all_of(name):
        return [each[name] for each in values]

    numbers = {name: summary(all_of(name)) for name in ("per_second", "p50_us", "p99_us", "p999_us")}
    for name in ("server_cpu", "client_cpu", "others", "threads", "rss_kib", "pss_kib"):
        numbers[name] = round(statistics.median(all_of(name)), 3)
    spent = [each["server_cpu"] / each["per_second"] * 1e6 for each in values]
    numbers["server_us"] = summary(spent)  # of processor time for one request
    more = [each["pss_kib"] - each["pss_before_kib"] for each in values]
    numbers["kib_per_connection"] = round(statistics.median(more) / load.connections, 2)
    return numbers


if __name__ == "__main__":
    main()

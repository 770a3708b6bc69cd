"""Compares `polysock` with the standard `socket` module:  measure.py [--quick] [--rows WORD,…] [RESULT.json]

Both modules take turns within one process, round after round, so that whatever disturbs the machine disturbs both. All
rows are measured in five passes, some rounds in each, as some states of a machine last longer than a row. Shown are the
median and the quartiles of each, and the ratio of the medians: below 1 is faster than the standard module. Where a row
has a floor, a C program that makes the same system calls takes turns with them: no module can be faster than that. With
a result file, a table and a plot of the ratios are written beside it.
"""

import argparse
import contextlib
import json
import os
import platform
import socket as standard
import statistics
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

import calls  # noqa: F401 (registers its rows)
import threads  # noqa: F401 (registers its rows)
from awake import awake
from plot import plot
from registry import ROWS
from table import times

import polysock

BASE, OURS, FLOOR = "socket", "polysock", "system calls"


#: How many times all rows are gone through.
PASSES = 5


def measured(row, rounds):
    """What each round took: of both modules, and of the system calls alone."""
    with contextlib.ExitStack() as stack:
        runs = {
            BASE: stack.enter_context(row.make(standard)),
            OURS: stack.enter_context(row.make(polysock)),
        }
        if row.floor:
            runs[FLOOR] = stack.enter_context(row.floor(standard))
        values = {label: [] for label in runs}
        for number in range(rounds + 1):
            order = list(runs) if number % 2 else list(reversed(runs))
            for label in order:
                value = runs[label]()
                if number:  # the first one warms up
                    values[label].append(value)
    settled()
    return values


def summary(values):
    numbers = {"rounds": len(values[BASE])}
    for label in values:
        low, middle, high = quartiles(values[label])
        numbers[label] = {"median": round(middle, 1), "quartiles": [round(low, 1), round(high, 1)]}
    base, ours = numbers[BASE], numbers[OURS]
    numbers["ratio"] = round(ours["median"] / base["median"], 3)
    numbers["overlap"] = ours["quartiles"][0] <= base["quartiles"][1] and base["quartiles"][0] <= ours["quartiles"][1]
    if FLOOR in values:
        numbers["floor"] = round(numbers[FLOOR]["median"] / base["median"], 3)
    return numbers


def quartiles(values):
    return statistics.quantiles(values, n=4, method="inclusive")


def settled():
    """Waits for the threads of a row to end: a thread beside changes what the next row measures."""
    end = time.monotonic() + 3
    while threading.active_count() > 1 and time.monotonic() < end:
        time.sleep(0.005)


def shown(name, numbers):
    cells = ""
    for label in (BASE, OURS):
        low, high = numbers[label]["quartiles"]
        cells += f"{numbers[label]['median']:>10.0f}{f'{low:.0f} to {high:.0f}':>21} "
    floor = f"{numbers['floor']:>7.2f}" if "floor" in numbers else " " * 7
    return f"{name:<46}{cells}{numbers['ratio']:>6.2f}{floor}  {'overlap' if numbers['overlap'] else ''}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--quick", action="store_true", help="a fifth of the rounds")
    parser.add_argument("--rows", metavar="WORD,…", help="only rows with one of the words in their names")
    parser.add_argument("result", nargs="?", type=Path)
    arguments = parser.parse_args()
    words = (arguments.rows or "").split(",")
    names = [name for name in ROWS if any(word in name for word in words)]
    values = {name: defaultdict(list) for name in names}
    passes = 1 if arguments.quick else PASSES
    with awake():
        for number in range(passes):
            print(f"pass {number + 1} of {passes}", file=sys.stderr)
            for name in names:
                for label, more in measured(ROWS[name], max(ROWS[name].rounds // PASSES, 3)).items():
                    values[name][label] += more
    rows = {name: summary(values[name]) for name in names}
    print(f"{'row':<46}{BASE:>10}{'quartiles':>21}{OURS:>11}{'quartiles':>21}{'ratio':>7}{'floor':>7}")
    for name in names:
        print(shown(name, rows[name]))
    if arguments.result:
        result = {
            "machine": platform.platform(),
            "python": platform.python_version(),
            "processors": os.cpu_count(),
            "quick": arguments.quick,
            "unit": "ns",
            "rows": rows,
        }
        arguments.result.write_text(json.dumps(result, indent=1) + "\n")
        arguments.result.with_suffix(".md").write_text(times(rows, BASE, OURS, FLOOR))
        arguments.result.with_suffix(".svg").write_text(plot(rows, BASE, OURS, FLOOR))


if __name__ == "__main__":
    main()

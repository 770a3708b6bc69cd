"""Compares `polysock` with the standard `socket` module:  python_socket.py [--quick] [--rows WORD,…] [RESULT.json]

Both modules take turns within one process, round after round, so that whatever disturbs the machine disturbs both. All
rows are measured in five passes, some rounds in each, as some states of a machine last longer than a row. Shown are the
median and the quartiles of each, and the ratio of the medians: below 1 is faster than the standard module. Where a row
has a floor, a C program that makes the same system calls takes turns with them: no module can be faster than that. A
table is written beside a result file. "From Python" the same system calls are made by functions that do nothing else:
calls of a module can't cost less.
"""

import argparse
import contextlib
import socket as standard
import threading
import time
from collections import defaultdict
from pathlib import Path

import rows.calls
import rows.threads  # noqa: F401 (registers its rows)
from awake import awake
from progress import Progress
from results import cells, do_overlap, ratio, save, summary, table
from rows import ROWS

import polysock

BASE, OURS, FLOOR, LEAST = "socket", "polysock", "system calls", "system calls from Python"


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
        if row.least:
            runs[LEAST] = stack.enter_context(row.least(standard))
        values = {label: [] for label in runs}
        for number in range(rounds + 1):
            order = list(runs) if number % 2 else list(reversed(runs))
            for label in order:
                value = runs[label]()
                if number:  # the first one warms up
                    values[label].append(value)
    settled()
    return values


def summed_up(values):
    numbers = {"rounds": len(values[BASE])} | {label: summary(values[label]) for label in values}
    base, ours = numbers[BASE], numbers[OURS]
    numbers["ratio"] = ratio(ours, base)
    numbers["overlap"] = do_overlap(ours, base)
    for name, label in (("floor", FLOOR), ("least", LEAST)):
        if label in values:
            numbers[name] = ratio(numbers[label], base)
    return numbers


def settled():
    """Waits for the threads of a row to end: a thread beside changes what the next row measures."""
    end = time.monotonic() + 3
    while threading.active_count() > 1 and time.monotonic() < end:
        time.sleep(0.005)


def shown(rows):
    """Medians with quartiles, their ratio, and the ratios of the system calls alone, from C and from Python."""
    headings = ["row", f"{BASE}, ns", "quartiles", f"{OURS}, ns", "quartiles", "ratio", f"{FLOOR} alone", "from Python"]
    lines = []
    for name, numbers in rows.items():
        comparison = f"{numbers['ratio']:.2f}" + (" (overlap)" if numbers["overlap"] else "")
        floors = [f"{numbers[each]:.2f}" if each in numbers else "" for each in ("floor", "least")]
        lines.append([name, *cells(numbers[BASE]), *cells(numbers[OURS]), comparison, *floors])
    return table(headings, lines)


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
    progress = Progress("python_socket", names * passes)
    with awake():
        for name in names * passes:
            with progress.part(name):
                for label, more in measured(ROWS[name], max(ROWS[name].rounds // PASSES, 3)).items():
                    values[name][label] += more
    rows = {name: summed_up(values[name]) for name in names}
    markdown = shown(rows)
    print(markdown, end="")
    if arguments.result:
        facts = {
            "quick": arguments.quick,
            "unit": "ns",
            "seconds": progress.seconds(),
        }
        save(arguments.result, rows, markdown, **facts)


if __name__ == "__main__":
    main()

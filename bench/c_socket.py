"""Runs c_socket.c and compares its variants:  c_socket.py RESULT.json PROGRAM ROUNDS

The program prints lines `ROW VARIANT NANOSECONDS`; the first variant of a row is what the others are compared with.
Shown are the median and the quartiles of each variant, and the ratio of the medians: below 1 is faster than the first.
Libraries that were not installed when the program was built are named under the table.
"""

import sys
from pathlib import Path

import program
from progress import Progress
from results import cells, do_overlap, ratio, save, summary, table


def main():
    result_file, command, rounds = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    progress = Progress(result_file.stem, [program.ROUND] * int(rounds))
    rows = {}
    for row, variants in program.measured([command, rounds], progress).items():
        numbers = {variant: summary(measured) | {"rounds": len(measured)} for variant, measured in variants.items()}
        base = next(iter(numbers.values()))
        rows[row] = {variant: each | {"ratio": ratio(each, base)} for variant, each in numbers.items()}
    markdown = shown(rows) + left_out(rows)
    print(markdown, end="")
    save(result_file, rows, markdown, command=Path(command).name, unit="ns per operation", seconds=progress.seconds())


#: Libraries that it is compared with, and Debian's packages of them.
PEERS = {"APR": "libapr1-dev", "NSPR": "libnspr4-dev", "GIO": "libglib2.0-dev"}


def left_out(rows):
    there = {variant for variants in rows.values() for variant in variants}
    missing = [f"{peer} ({package})" for peer, package in PEERS.items() if peer not in there]
    return f"\nNot installed, and so left out: {', '.join(missing)}.\n" if missing else ""


def shown(rows):
    lines = []
    for row, variants in rows.items():
        base = next(iter(variants.values()))
        for variant, numbers in variants.items():
            overlap = " (overlap)" if numbers is not base and do_overlap(numbers, base) else ""
            lines.append([row, variant, *cells(numbers), f"{numbers['ratio']:.2f}{overlap}"])
    return table(["row", "variant", "ns", "quartiles", "ratio"], lines, texts=2)


if __name__ == "__main__":
    main()

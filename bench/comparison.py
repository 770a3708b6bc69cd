"""Groups of variants, measured in turns: their table, and the command line for it."""

import argparse
import functools
import os
import platform
import statistics
from dataclasses import dataclass, field
from pathlib import Path

import program
from awake import awake
from progress import Progress
from results import cells, do_overlap, processor, ratio, save, summary, table
from turns import Measured, in_turns, part_name


@dataclass
class Group:
    """Variants of the same work; the first one is what the others are compared with."""

    name: str
    #: Context managers, each with a function that measures once.
    variants: dict = field(default_factory=dict)
    #: What the C program calls the group, if its variants are in there.
    c_row: str | None = None


def variants(harness, makers):
    """What `harness` measures of each."""
    return {name: functools.partial(harness, make) for name, make in makers.items()}


def compare(groups, documentation, things):
    """Measures the groups, prints their table and keeps it; `things` are what a variant has done one of."""
    parser = argparse.ArgumentParser(description=documentation.partition(":")[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--groups", metavar="WORDS", default="", help="only groups with this in their names")
    parser.add_argument("--variants", metavar="WORDS", default="", help="only variants with this in their names")
    parser.add_argument("--c", metavar="PROGRAM", help="the C program; without it those groups are left out")
    parser.add_argument("result", nargs="?", type=Path)
    arguments = parser.parse_args()
    groups = [group for group in groups if arguments.groups in group.name]
    for group in groups:
        group.variants = {name: make for name, make in group.variants.items() if arguments.variants in name}
    progress = Progress(things, planned(groups, arguments))
    rows, absent, of_c = {}, set(), {}
    with awake():
        if arguments.c:
            of_c = program.measured([arguments.c, str(arguments.rounds), arguments.variants], progress)
        for group in groups:
            if group.c_row:
                values = {name: [Measured(ns) for ns in all_ns] for name, all_ns in of_c.get(group.c_row, {}).items()}
            else:
                values, missing = in_turns(group.variants, arguments.rounds, progress, group.name)
                absent |= missing
            if values:
                rows[group.name] = summed_up(values)
    markdown = shown(rows) + below(arguments.rounds, absent)
    print(markdown, end="")
    if arguments.result:
        facts = {"unit": "ns", "rounds": arguments.rounds, "absent": sorted(absent), "seconds": progress.seconds()}
        save(arguments.result, rows, markdown, **facts)


def planned(groups, arguments):
    """The parts that will be measured."""
    plan = [part_name(group.name, name) for group in groups for name in group.variants]
    return (plan + [program.ROUND] * bool(arguments.c)) * arguments.rounds


def summed_up(values):
    numbers = {}
    for name, measured in values.items():
        numbers[name] = summary([each.ns for each in measured])
        for share in ("receiver", "sender"):
            shares = [getattr(each, share) for each in measured if getattr(each, share) is not None]
            if shares:
                numbers[name][share] = round(statistics.median(shares), 2)
    base = next(iter(numbers.values()))
    for each in numbers.values():
        each["ratio"] = ratio(each, base)
        each["overlap"] = each is not base and do_overlap(each, base)
    return numbers


def shown(rows):
    headings = ["", "variant", "ns", "quartiles", "million/s", "ratio", "it ran", "sender ran"]
    lines = []
    for group, variants in rows.items():
        for name, numbers in variants.items():
            overlap = " (overlap)" if numbers["overlap"] else ""
            shares = [f"{numbers[share]:.2f}" if share in numbers else "" for share in ("receiver", "sender")]
            million = f"{1000 / numbers['median']:,.2f}"
            lines.append([group, name, *cells(numbers), million, f"{numbers['ratio']:.2f}{overlap}", *shares])
            group = ""
    return table(headings, lines, texts=2)


def below(rounds, absent):
    text = f"\n{platform.system()} {platform.release()}, {os.cpu_count()} processors {processor()}, "
    text += f"Python {platform.python_version()}, {rounds} rounds.\n"
    if absent:
        text += f"Not installed, and so not measured: {', '.join(sorted(absent))}.\n"
    return text

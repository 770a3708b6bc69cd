"""What one more connection, registered socket, thread or served connection costs when there are many:

    growth.py --c PROGRAM --servers FOLDER [--rounds N] [--things WORDS,…] [--most N] [RESULT.json]

A process for each measurement (growth.c, growth_python.py, and the servers of servers.py with one busy connection
beside the idle ones), from 1 to 50,000, or as many as the limit of descriptors allows: the table says where it cut them
off. It shows how many bytes of its process's memory one takes, and how long one use takes beside all the others.
"""

import argparse
import functools
import os
import re
import resource
import statistics
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import server_load
from awake import awake
from plots.svg import duration, size
from progress import Progress
from results import save, table
from server_programs import programs

COUNTS = [1, 10, 100, 1_000, 10_000, 50_000]
LIMITED = 3  # what the programs end with if the system does not allow that many
LONGEST = 120  # seconds
SPARE = 300  # descriptors that a process needs for other things

#: For each thing how it is called in the table, the descriptors that one takes, and how many are enough.
THINGS = {
    "connection": ("accepted connection; use: a transfer on another one", 1, 50_000),
    "registration": ("socket in an epoll set or a Poller; use: a wait that finds one ready", 1, 50_000),
    "thread": ("thread that waits in a receive with a timeout; use: an answer from one of them", 3, 10_000),
    "server": ("idle connection of a server; use: an answer to a busy connection", 1, 50_000),
}
#: Memory comes in pages and pools, so that a few say nothing about one.
FEWEST_FOR_BYTES = {"server": 1_000}

#: Servers, as far as there are such; and how many connections those get that have a thread for each.
SERVERS = {
    "epoll by hand": 50_000,
    "asyncio Protocol": 50_000,
    "uvloop Protocol": 50_000,
    "socketserver.ThreadingTCPServer": 1_000,
    "polysock.Server": 1_000,
    "polysock.MessageServer": 50_000,
    "polysock_message_server": 50_000,
    "polysock::MessageServer": 50_000,
}


class LimitReached(Exception):
    """The system does not allow that many."""


@dataclass
class Variant:
    thing: str
    name: str
    #: Measures once with a number of them: bytes of each, nanoseconds to make one (or None) and to use one.
    measure: object
    most: int

    def counts(self, most):
        """From 1 to as many as the descriptors allow."""
        _, each, enough = THINGS[self.thing]
        allowed = min(two_digits(allowed_descriptors() // each), enough, self.most, most)
        return sorted({number for number in COUNTS if number <= allowed} | {allowed})


def allowed_descriptors():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    return most - SPARE


def two_digits(number):
    """Rounded down: 6,300 for 6,333."""
    unit = 10 ** max(len(str(number)) - 2, 0)
    return number // unit * unit


def of_c(program, thing, variant, number):
    return numbers([program, thing, variant, str(number)], os.environ)


def of_python(thing, module, number):
    """Time as it is, and then bytes with all of Python's memory from malloc, where it is counted."""
    command = [sys.executable, str(Path(__file__).with_name("growth_python.py")), thing, module, str(number)]
    _, make_ns, use_ns = numbers(command, os.environ)
    in_malloc, _, _ = numbers(command, os.environ | {"PYTHONMALLOC": "malloc", "MALLOC_ARENA_MAX": "1"})
    return in_malloc, make_ns, use_ns


def numbers(command, environment):
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LONGEST)
    if ended.returncode == LIMITED:
        raise LimitReached("a limit of the system")
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {ended.returncode}: {ended.stderr}")
    return tuple(float(value) for value in ended.stdout.split())


def of_server(program, client, number):
    client_on, server_on = server_load.processors()
    settings = server_load.Settings(str(client), 0.3, 0.1, server_on, client_on)
    load = server_load.Load("", connections=number, busy=1)
    try:
        found = server_load.measure(program, load, settings)
    except RuntimeError as error:
        if re.search("descriptor|open files|served|thread|assign", str(error), re.IGNORECASE):
            raise LimitReached(str(error)) from error
        raise
    return (found["pss_kib"] - found["pss_before_kib"]) * 1024 / number, None, found["p50_us"] * 1000


def all_variants(c, servers):
    for thing, (_, _, enough) in THINGS.items():
        if thing == "server":
            for each in programs(servers):
                if each.name in SERVERS and not each.missing():
                    measure = functools.partial(of_server, each, servers / "load_c")
                    yield Variant(thing, f"{each.language}: {each.name}", measure, SERVERS[each.name])
            continue
        for name in ("raw", "polysock"):
            yield Variant(thing, f"C: {name}", functools.partial(of_c, str(c), thing, name), enough)
        for name in ("socket", "polysock"):
            yield Variant(thing, f"Python: {name}", functools.partial(of_python, thing, name), enough)


def main():
    arguments = parsed()
    chosen = [each for each in all_variants(arguments.c, arguments.servers) if arguments.is_chosen(each.thing)]
    plan = [(each, number) for each in chosen for number in each.counts(arguments.most)]
    progress = Progress("growth", [part_name(*each) for each in plan] * arguments.rounds)
    values, cut_off = defaultdict(list), {}
    with awake():
        for number in range(arguments.rounds):
            # The order changes from round to round, so that none always comes first.
            for each, many in plan if number % 2 else reversed(plan):
                with progress.part(part_name(each, many)):
                    try:
                        values[each.thing, each.name, many].append(each.measure(many))
                    except LimitReached as limit:
                        cut_off[part_name(each, many)] = str(limit)
    rows = {thing: {} for thing in THINGS}
    for each, many in plan:
        if values[each.thing, each.name, many]:
            measured = summed_up(each.thing, many, values[each.thing, each.name, many])
            rows[each.thing].setdefault(each.name, {})[str(many)] = measured
    facts = {"rounds": arguments.rounds, "descriptors": resource.getrlimit(resource.RLIMIT_NOFILE)[1]}
    facts |= {"things": {thing: words for thing, (words, _, _) in THINGS.items()}, "cut_off": cut_off}
    markdown = shown(rows) + below(facts)
    print(markdown, end="")
    if arguments.result:
        save(arguments.result, rows, markdown, seconds=progress.seconds(), **facts)


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--c", type=Path, required=True, metavar="PROGRAM", help="growth.c, compiled")
    parser.add_argument(
        "--servers", type=Path, required=True, metavar="FOLDER", help="the servers in C, and the client"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--things", metavar="WORDS", default="", help=f"only some of {', '.join(THINGS)}")
    parser.add_argument("--most", type=int, default=COUNTS[-1], help="no more of anything than this")
    parser.add_argument("result", nargs="?", type=Path)
    arguments = parser.parse_args()
    words = arguments.things.split(",")
    arguments.is_chosen = lambda thing: any(word in thing for word in words)
    return arguments


def part_name(variant, number):
    return f"{variant.thing}, {variant.name}, {number:,}"


def summed_up(thing, number, measured):
    """The medians; bytes where they mean something."""
    each, make_ns, use_ns = zip(*measured, strict=True)
    found = {"use_ns": round(statistics.median(use_ns), 1)}
    if None not in make_ns:
        found["make_ns"] = round(statistics.median(make_ns), 1)
    if number >= FEWEST_FOR_BYTES.get(thing, 100):
        found["bytes"] = round(statistics.median(each), 1)
    return found


def shown(rows):
    lines = []
    for thing, variants in rows.items():
        for name, counts in variants.items():
            for number, found in counts.items():
                cells = [size(found["bytes"]) if "bytes" in found else ""]
                cells += [duration(found[what]) if what in found else "" for what in ("make_ns", "use_ns")]
                lines.append([thing, name, f"{int(number):,}", *cells])
                thing = name = ""
    return table(["", "variant", "how many", "memory of one", "making one", "one use"], lines, texts=2)


def below(facts):
    text = "\n" + "".join(f"- **{thing}**: {words}.\n" for thing, words in facts["things"].items())
    text += f"\nA process may have {facts['descriptors']:,} descriptors here"
    if allowed_descriptors() < COUNTS[-1]:
        text += f", which cuts the rows off before {COUNTS[-1]:,}"
    text += ".\n"
    for what, why in facts["cut_off"].items():
        text += f"Not measured: {what} ({why}).\n"
    return text


if __name__ == "__main__":
    main()

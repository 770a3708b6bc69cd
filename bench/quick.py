"""Says whether the working tree is slower than the revision it started from, within about two minutes:

    quick.py [--base REVISION] [--rows WORD,…] [--seconds N]

The base is checked out and built in build/quick/base; its first build takes another minute. Programs of the working
tree measure both, each with the library and the Python package of its side. Rows that seem to have changed are measured
once more, in other processes, and only that counts: revisions/verdict.py says how. On a busy machine there is time for
fewer of these, and a row with too few of them is "unclear". If valgrind is installed, instructions are counted, too.
Ends with 1 if a row has become slower, 0 if none has.
"""

import argparse
import contextlib
import functools
import sys
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from awake import awake
from plots.svg import duration
from progress import Progress
from results import table
from revisions import instructions, measuring, servers
from revisions.sides import ROOT, base_revision, build_base, git, working_tree
from revisions.verdict import FASTER, SAME, SLOWER, UNCLEAR, is_suspect, judge, judge_instructions, pair_change

#: The most pairs of processes, and the fewest even if there is no time left: for the first look at all rows, and for
#: the second one at those that seem to have changed.
FIRST, SECOND = (5, 3), (10, 1)
#: The share of the time that the first look may take if the second one needs the rest.
FIRST_SHARE = 0.6
#: Samples of each side in a pair: as many as fit into the time, but not fewer or more than these.
FEWEST, MOST = 3, 12

C_ROWS = {
    "c_socket": ["ready_64", "ping_pong_64_timeout", "ping_pong_64", "datagrams_64", "connect_accept"],
    "c_messages": ["polysock_reader_frames", "polysock_send_frame"],
    "c_datagrams": ["polysock_sendto", "polysock_recvfrom", "polysock_send_batch", "polysock_recv_batch"],
}
PYTHON_ROWS = [
    "ready 64 B, tcp",
    "ready 64 B, timeout, tcp",
    "ready 64 B, tcp, beside an idle thread",
    "udp sendto + recvfrom 64 B",
    "bulk 64 KiB",
    "socket + connect + accept + close",
    "settimeout",
    "ping-pong, process, timeout, one processor",
    "polysock: sock.recv_frame",
    "polysock: sock.recv_frames",
    "polysock: sock.send_frame",
    "polysock: send_batch",
    "polysock: recv_batch",
]


@dataclass
class Row:
    name: str
    #: What measures it on request, for each side by its name; made anew for every pair.
    makers: dict
    asked: str


def main():
    arguments = parsed()
    revision = base_revision(arguments.base)
    say(f"base: {git('log', '-1', '--format=%h %s', revision)}")
    if not git("diff", "--stat", revision):
        say("the working tree does not differ from it, so whatever is found is noise")
    sides = [build_base(revision), working_tree()]
    rows = [row for row in all_rows(sides, arguments.client) if is_chosen(row.name, arguments.rows)]
    end = time.monotonic() + arguments.seconds
    counted = {} if arguments.rows else counted_instructions(sides)
    left = end - time.monotonic()
    progress = Progress("quick")
    with awake():
        changes, medians = look(rows, FIRST, end - left * (1 - FIRST_SHARE), progress)
        suspects = [row for row in rows if changes[row.name] and is_suspect(changes[row.name])]
        again, _ = look(suspects, SECOND, end, progress)
    verdicts = {name: judge(again[name] if again.get(name) else each) for name, each in changes.items() if each}
    print(shown(verdicts, medians, counted), end="")
    sys.exit(conclusion([*verdicts.values(), *(verdict for verdict, *_ in counted.values())], changes))


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--base", metavar="REVISION", help="instead of where this branch left main")
    parser.add_argument("--rows", metavar="WORD,…", help="only rows with one of the words; no instructions")
    parser.add_argument("--seconds", type=float, default=115, help="the time for all measurements (115)")
    parser.add_argument("--client", type=Path, default=ROOT / "build/bench/servers/load_c", help="what loads servers")
    return parser.parse_args()


def is_chosen(name, words):
    return not words or any(word in name for word in words.split(","))


def say(text):
    print(text, file=sys.stderr)


def all_rows(sides, client):
    processor = servers.server_load.processors()[1]
    for source, names in C_ROWS.items():
        programs = {side.name: side.program(ROOT / "bench" / f"{source}.c") for side in sides}
        if None in programs.values():
            say(f"left out: {source}.c, which can't be compiled with the library of both sides")
            continue
        makers = {side: functools.partial(measuring.c, program, processor) for side, program in programs.items()}
        yield from (Row(f"C: {name}", makers, name) for name in names)
    makers = {side.name: functools.partial(measuring.python, side, processor) for side in sides}
    yield from (Row(f"Python: {name}", makers, name) for name in PYTHON_ROWS)
    for name in servers.ROWS:
        yield Row(
            f"Python: {name}",
            {side.name: functools.partial(servers.Loaded, side, name, client) for side in sides},
            name,
        )


def look(rows, pairs, end, progress):
    """What each pair says of each row, and the medians of both sides.

    `pairs` are how many there should be, and how many there are even if that takes longer than until `end`.
    """
    most, fewest = pairs
    changes, samples = defaultdict(list), defaultdict(lambda: defaultdict(list))
    began, names = time.monotonic(), [row.name for row in rows]
    progress.add(names * most)
    seconds = (end - began) / max(len(rows) * most, 1)
    for number in range(most):
        now = time.monotonic()
        of_one = (now - began) / max(number, 1)
        if number >= fewest and now + of_one > end:
            for name in names:
                progress.without(name)
            break
        made, measure = None, {}
        for row in rows:
            if row.makers is not made:
                close(measure)
                made, measure = row.makers, opened(row.makers)
            with progress.part(row.name):
                values = in_turns(row.asked, measure, seconds, number)
            if values:
                changes[row.name].append(pair_change(*values.values()))
                for side, each in values.items():
                    samples[row.name][side] += each
            else:
                changes[row.name] = []  # one of the sides has no such row
        close(measure)
    medians = {name: {side: sorted(each)[len(each) // 2] for side, each in of.items()} for name, of in samples.items()}
    return changes, medians


def opened(makers):
    """What measures each side; empty if one side lacks what that needs."""
    measure = {}
    try:
        for side, make in makers.items():
            measure[side] = make()
    except RuntimeError:
        close(measure)
        return {}
    return measure


def close(measure):
    for each in measure.values():
        each.close()


def in_turns(row, measure, seconds, number):
    """Samples of both sides, the order changing from one to the next; None if a side has no such row."""
    values = {side: [] for side in measure}
    if not measure or any(each.sample(row) < 0 for each in measure.values()):  # which warms up
        return None
    end = time.monotonic() + seconds
    for turn in range(MOST):
        if turn >= FEWEST and time.monotonic() > end:
            break
        for side in list(measure) if (turn + number) % 2 else reversed(measure):
            values[side].append(measure[side].sample(row))
    return values


def counted_instructions(sides):
    """For each row the verdict, and the instructions of both sides."""
    if not instructions.are_possible():
        say("no valgrind: instructions are not compared")
        return {}
    say("counting instructions")
    with ThreadPoolExecutor() as both:  # they do not disturb each other
        base, now = both.map(instructions_of, sides)
    return {name: (judge_instructions(base[name], now[name]), base[name], now[name]) for name in base if name in now}


def instructions_of(side):
    """Of each row that both languages count."""
    counts = instructions.of_python(side)
    for counted in instructions.C:
        program = side.program(ROOT / "bench" / f"{counted.source}.c")
        if program:
            counts[f"C: {counted.row}"] = instructions.of_c(program, counted)
    return counts


def shown(verdicts, medians, counted):
    lines = []
    for name, verdict in verdicts.items():
        base, now = (duration(value) for value in medians[name].values())
        lines.append([name, base, now, f"{verdict.change:+.1%}", f"{verdict.noise:.1%}", verdict.word])
    for name, (verdict, base, now) in counted.items():
        name = f"{name if name.startswith('C:') else f'Python: {name}'}, instructions"
        lines.append([name, f"{base:,.0f}", f"{now:,.0f}", f"{verdict.change:+.1%}", "", verdict.word])
    return table(["row", "base", "now", "change", "noise", ""], lines)


def conclusion(verdicts, changes):
    """What is said at the end, and the exit code."""
    missing = [name for name, each in changes.items() if not each]
    if missing:
        say(f"not on both sides: {', '.join(missing)}")
    words = [verdict.word for verdict in verdicts]
    say(", ".join(f"{words.count(word)} {word}" for word in (SAME, SLOWER, FASTER, UNCLEAR) if word in words))
    if UNCLEAR in words:
        say("unclear: the pairs of processes disagree, or are too few; try again on a quieter machine")
    return int(SLOWER in words)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()

"""The figures of single calls beside the standard module and beside bare system calls, in sections."""

import fnmatch

from . import facts, rates, ratios
from .svg import duration

BASE, OURS, FLOOR = "socket", "polysock", "system calls"

#: For each figure its title and its sections: a heading, and the rows whose names match. A row is in the first one.
PYTHON = {
    "python_computing": (
        "Python beside a thread that computes",
        [("", ["*beside computing", "computing thread*"])],
    ),
    "python_threads": (
        "Python threads beside each other",
        [
            ("Beside a thread that is idle", ["*beside an idle thread"]),
            ("Beside a thread that transfers", ["*beside a ready stream*"]),
            ("All of them transfer", ["*threads of*", "*ping-pongs by*"]),
        ],
    ),
    "python_waiting": (
        "Waiting for an answer in Python",
        [("Both ends on one processor", ["*one processor"]), ("On two processors", ["*two processors"])],
    ),
    "python_connections": (
        "Connections and options in Python",
        [
            ("Connections", ["*connect*", "accept", "socket + close"]),
            ("Options, and a line of a file", ["get*", "set*", "fileno", "makefile*"]),
        ],
    ),
    "python_ready": (
        "Transfers of data that is ready, one Python thread",
        [("64 bytes, sent and received", ["ready*"]), ("Other calls and sizes", ["*"])],
    ),
}

C_NAMES = {
    "ping_pong_64_timeout": "ping-pong 64 B, 5 s timeout",
    "ping_pong_64": "ping-pong 64 B",
    "ready_64": "send + recv of ready 64 B",
    "stream_64k": "stream of 64 KiB sends",
    "datagrams_64": "sendto + recvfrom of 64 B",
    "datagram_flood": "datagrams received in a flood",
    "connect_accept": "connect + accept + close",
}


def drawings(results):
    made = {}
    if "python_socket" in results:
        made |= python(results["python_socket"])
    if "c_socket" in results:
        made |= c(results["c_socket"])
    for name in ("messages", "datagrams"):
        if name in results:
            made[name] = each_second(name, results[name])
    return made


def python(result):
    left, made = dict(result["rows"]), {}
    for name, (title, headings) in PYTHON.items():
        sections = []
        for heading, patterns in headings:
            names = [row for row in left if any(fnmatch.fnmatchcase(row, pattern) for pattern in patterns)]
            sections.append(ratios.Section(heading, [python_row(row, left.pop(row)) for row in names]))
        explained = ["polysock beside the standard module: how many times as fast, on a logarithmic axis."]
        columns = (BASE, OURS)
        below = facts.measured("make bench-python", result)
        made[name] = ratios.draw(title, explained, [each for each in sections if each.rows], columns, below)
    return made


def python_row(name, numbers):
    base, ours = numbers[BASE], numbers[OURS]
    floor = numbers[FLOOR]["median"] if FLOOR in numbers else None
    return row(name, base, ours, numbers["overlap"], floor)


def row(label, other, ours, overlap, floor=None):
    """A row of two summaries."""
    shown = [duration(each["median"]) for each in (other, ours)]
    return ratios.Row(label, other["median"], ours["median"], ours["quartiles"], overlap, *shown, floor=floor)


def c(result):
    rows = []
    for name, variants in result["rows"].items():
        raw, ours = variants["raw"], variants["polysock"]
        (low, high), (our_low, our_high) = raw["quartiles"], ours["quartiles"]
        rows.append(row(C_NAMES.get(name, name), raw, ours, low <= our_high and our_low <= high))
    explained = ["polysock beside the system calls made by hand: how many times as fast, on a logarithmic axis."]
    below = facts.measured("make bench-c", result)
    return {"c_calls": ratios.draw("Calls in C", explained, [ratios.Section("", rows)], ("raw", "polysock"), below)}


def each_second(things, result):
    explained = [f"{things.capitalize()} of 64 bytes in a second: longer is faster, each group at its own scale."]
    below = facts.measured(f"make bench-{things}", result)
    return rates.draw(f"{things.capitalize()} a second", explained, result["rows"], below)

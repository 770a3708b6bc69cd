"""Brings the records of several processes into one order.

A record is written when its call ends. What a call sends may be received before the sender's record is written. So
calls that cause something (sends, connects) are placed where they began, and all others where they ended; then causes
come before their effects. Only the records of a short time are kept in memory for that.
"""

import heapq
import itertools

from .calls import CAUSES

# For how long a record waits for others that belong before it.
WINDOW_NS = 200_000_000
MOST_WAITING = 20_000
# Sends that take longer are recorded while they wait, too.
LONG_NS = 100_000_000
# By how much the two clocks of a machine may disagree between its processes: reading both takes a moment.
CLOCK_TOLERANCE_NS = 10_000_000


def ended(record):
    return record["time"] + record.get("duration", 0)


def placed(record):
    """The moment at which a record is shown."""
    if record.get("call") in CAUSES:
        return record["time"]
    return ended(record)


def merged(files, clocks, long_sends=None):
    """(moment, file, record) of all files in the order of their moments, as nearly as the window allows. `clocks` has
    what is added to each file's times. `long_sends`: the final records of sends that take longer than the window, by
    file, thread and time; they take the place of those that were written while the sends waited."""
    number = itertools.count()
    waiting = []
    long_sends = long_sends or {}

    def of(file):
        placed_early = set()
        for record in file.records():
            moment = ended(record)
            if "begun" in record or record.get("duration", 0) >= LONG_NS:
                key = (file, record.get("thread"), record["time"])
                if key in placed_early:
                    placed_early.discard(key)
                    continue
                if "begun" in record and key in long_sends:
                    placed_early.add(key)
                    record = dict(long_sends[key])
            yield moment + clocks[file], next(number), file, record

    for end, order, file, record in heapq.merge(*map(of, files)):
        heapq.heappush(waiting, (placed(record) + clocks[file], order, file, record))
        while waiting and (waiting[0][0] < end - WINDOW_NS or len(waiting) > MOST_WAITING):
            moment, _, of_file, first = heapq.heappop(waiting)
            yield moment, of_file, first
    while waiting:
        moment, _, of_file, first = heapq.heappop(waiting)
        yield moment, of_file, first


def clocks_of(files):
    """What to add to the times of each file so that all agree: nothing on one machine, whose monotonic clock they
    share; other machines are placed by their wall clocks, as their first processes saw them."""
    if not files:
        return {}
    first_of = {}
    for file in sorted(files, key=lambda file: file.header["time"]):
        first_of.setdefault(file.header.get("machine"), file)
    here = _wall_offset(first_of[files[0].header.get("machine")])
    return {file: _wall_offset(first_of[file.header.get("machine")]) - here for file in files}


def wall_clock_changes(files):
    """By how much the wall clocks of machines have changed against their monotonic clocks, if that is noticeable."""
    offsets = {}
    for file in files:
        offsets.setdefault(file.header.get("machine"), []).append(_wall_offset(file))
    changes = (max(of_machine) - min(of_machine) for of_machine in offsets.values())
    return [change for change in changes if change > CLOCK_TOLERANCE_NS]


def _wall_offset(file):
    return file.header["wall_time"] - file.header["time"]

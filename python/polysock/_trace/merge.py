"""Brings the records of several processes into one order.

A record is written when its call ends. What a call sends may be received before the sender's record is written. So
calls that cause something (sends, connects) are placed where they began, and all others where they ended; then causes
come before their effects. Only the records of a short time are kept in memory for that.
"""

import heapq
import itertools

CAUSES = frozenset(
    {
        "send",
        "sendall",
        "sendto",
        "sendmsg",
        "send_batch",
        "send_segments",
        "sendfile",
        "send_frame",
        "connect",
        "shutdown",
        "close",
        "abort",
        "drop",
        "close_graceful",
        "write",
        "writev",
        "sendmmsg",
    }
)

# For how long a record waits for others that belong before it.
WINDOW_NS = 200_000_000
MOST_WAITING = 20_000


def ended(record):
    return record["time"] + record.get("duration", 0)


def placed(record):
    """The moment at which a record is shown."""
    if record.get("call") in CAUSES:
        return record["time"]
    return ended(record)


def merged(files, clocks):
    """(moment, file, record) of all files in the order of their moments, as nearly as the window allows. `clocks` has
    what is added to each file's times."""
    number = itertools.count()
    waiting = []

    def of(file):
        for record in file.records():
            yield ended(record) + clocks[file], next(number), file, record

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
    share; files of other machines are placed by their wall clocks."""
    if not files:
        return {}
    first = files[0].header
    clocks = {}
    for file in files:
        header = file.header
        if header.get("machine") == first.get("machine"):
            clocks[file] = 0
        else:
            clocks[file] = (header["wall_time"] - header["time"]) - (first["wall_time"] - first["time"])
    return clocks

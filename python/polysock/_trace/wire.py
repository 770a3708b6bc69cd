"""Joins the segments of a trace with its calls: between which threads they went."""

from dataclasses import dataclass, field

from .ends import normal, port_of
from .segments import Connections, Segment

# Connections and attempts to connect.
MOST_REMEMBERED = 20_000
KINDS = frozenset({"segment", "datagram", "icmp"})


@dataclass(eq=False, slots=True)
class Recording:
    """What a recorder says about itself: packets that the kernel dropped, by time; processes whose packets it can't
    see; and whether it has recorded to the end."""

    dropped: dict = field(default_factory=dict)
    elsewhere: set = field(default_factory=set)
    has_ended: bool = False


class Wire:
    """Turns the records of recorders into what events show."""

    def __init__(self, trace, ends):
        self._trace = trace
        self._ends = ends
        self._connections = Connections()
        # The threads whose connects have no local address in the trace, by the address that they connect to; and the
        # connections that were found to be theirs.
        self._attempts = {}
        self._attempted = {}
        # Which recorder's segments of a connection are shown, when several have recorded them.
        self._recorders = {}

    def attempt(self, scope, event):
        """A connect without a local address: it has not ended, or has failed."""
        remember(self._attempts, (scope, normal(event.record.get("to", ""))), event.lane)

    def see(self, file, record):
        """(the segment of a record, the lane that it is shown in), or None: unknown, shown already, or no segment."""
        kind = record["event"]
        if kind not in KINDS:
            self._note(file, record)
            return None
        source, target = normal(record["from"]), normal(record["to"])
        scope = self._trace.scope(file, source)
        if self._is_recorded_twice(file, scope, source, target):
            return None
        if kind == "segment":
            segment = self._connections.segment(scope, record)
        else:
            segment = Segment(kind, source, target, bytes=record.get("bytes", 0), error=record.get("error", ""))
        type = "SOCK_STREAM" if kind == "segment" or record.get("protocol") == "tcp" else "SOCK_DGRAM"
        way = record["way"]
        if segment.flags and "ACK" not in segment.flags and (lane := self._attempts.get((scope, target))):
            remember(self._attempted, (scope, source, target), lane)
        sender, sends = self._user(scope, source, target, type, way != "in")
        segment.to_lane, receives = self._user(scope, target, source, type, way != "out")
        segment.ends = sends, receives
        if kind == "icmp":
            # Shown where it arrives: at the sender of what could not be delivered.
            segment.to_lane, segment.ends = sender, (None, sends)
            sender = None
        if sender is None:
            segment.is_incoming = True
            sender = segment.to_lane
        # Neither end is known yet, or its process is not traced any more.
        return None if sender is None else (segment, sender)

    def _note(self, file, record):
        recording = self._trace.recordings[file]
        if record["event"] == "dropped":
            recording.dropped[record["time"]] = record.get("packets", 0)
        elif record["event"] == "elsewhere":
            recording.elsewhere.add(record.get("pid"))
        elif record["event"] == "ended":
            recording.has_ended = True
            self._recorders = {key: of for key, of in self._recorders.items() if of is not file}

    def _is_recorded_twice(self, file, scope, source, target):
        if len(self._trace.wires) < 2:
            return False
        key = (scope, *sorted((source, target)))
        if key not in self._recorders:
            remember(self._recorders, key, file)
        return self._recorders[key] is not file

    def _user(self, scope, address, other, type, is_here):
        """(the thread that uses an address, its socket), each None if not known; `is_here` says whether the address is
        one of the recorder's machine."""
        end = self._ends.owner(scope, address, other) if type == "SOCK_STREAM" else None
        lane = None
        if end is None and type == "SOCK_STREAM":
            key = (scope, address, other)
            lane = self._trace.lane_of_pair(*key) or self._attempted.get(key)
        if end is None and (is_here or self._trace.machines > 1):
            end = self._ends.bound(scope, type, port_of(address))
        return lane or (end.lane if end is not None else None), end


def remember(table, key, value):
    """Adds to a table, which forgets the oldest."""
    table[key] = value
    if len(table) > MOST_REMEMBERED:
        del table[next(iter(table))]

"""Joined events: what the processes of a trace did, in one order, with both ends of each conversation matched.

    with Trace("run/") as trace:
        for event in trace.events():
            ...

`Trace.lanes` are the threads that made calls. Each `Event` has a `moment` (nanoseconds since the first record), a
`lane`, the `record` as it was written (docs/traces.md names its fields), the `end` that it was made on, and `arrows`:
the sends whose bytes a receive has returned. Events come in the order in which they should be shown; only those of a
short time are kept in memory, so a trace may be larger than that.

Where segments were recorded (`Trace.wires` are the files), they are events, too, with a `segment`; their lane is the
sender's, or the receiver's if the sender is not traced.
"""

import re
from collections import deque
from dataclasses import dataclass, field
from itertools import count as counted, pairwise

from .calls import CAUSES, CLOSES, RECEIVES, SENDS
from .ends import Ends, Half, is_local, normal, port_of
from .merge import LONG_NS, clocks_of, merged
from .places import LookUp, Places
from .reader import open_folder
from .segments import Segment
from .wire import Recording, Wire

# The end of the stream, before the first byte of what was asked for or in the middle of it.
ENDS_OF_STREAM = frozenset({"EndOfStream", "Truncated"})
# Closed sockets that are remembered.
MOST_CLOSED = 5_000
# Connections that the survey remembers, about 200 bytes each; peers beyond are taken for traced.
MOST_PAIRS = 1_000_000
# Sends that take long which the survey remembers, and bytes of their payloads.
MOST_LONG_SENDS = 10_000
MOST_LONG_BYTES = 64 << 20
_THREAD = re.compile(rb'"thread": *([0-9]+)')
_LONG = re.compile(rb'"duration": *[1-9][0-9]{8}')
# Records that describe what others refer to.
DESCRIPTIONS = frozenset({"thread", "module", "place"})


@dataclass(eq=False, slots=True)
class Lane:
    """A thread of a process; or all peers that are not traced."""

    process: str
    pid: int
    thread: int
    language: str = ""
    forked_from: str = ""
    is_only_thread: bool = True
    number: int = 0
    name: str = ""  # that the program gave the thread
    is_only_name: bool = True
    machine: str = ""

    @property
    def label(self):
        if not self.pid:
            return self.process
        name = f"{self.process} {self.pid}"
        if self.is_only_thread:
            return name
        if not self.name or self.process.startswith(self.name):  # by default a thread has the program's name
            return f"{name} thread {self.thread}"
        return f"{name} {self.name}" if self.is_only_name else f"{name} {self.name} {self.thread}"


@dataclass(eq=False, slots=True)
class End:
    """A socket."""

    file: object
    number: int
    scope: str
    fd: int | None = None
    family: str = ""
    type: str = ""
    local: str = ""
    peer: str = ""
    state: str = ""
    is_listener: bool = False
    lane: Lane | None = None  # of the last call
    half: Half = field(default_factory=Half)

    @property
    def is_stream(self):
        return self.type in ("SOCK_STREAM", "SOCK_SEQPACKET")


@dataclass(eq=False, slots=True)
class Arrow:
    """Bytes that went from one event to another: of the stream those from `first` up to `after`."""

    source: "Event"
    first: int
    after: int

    @property
    def bytes(self):
        return self.after - self.first


@dataclass(eq=False, slots=True)
class Event:
    """A call that has ended, or that still waits (`is_waiting`), or another record.

    `number` identifies it among the events of one pass, and grows. `is_outside`: its peer is not traced. `lost`:
    datagrams that were sent before the one that it received and never arrived.
    """

    moment: int
    lane: Lane
    record: dict
    end: End | None = None
    arrows: list[Arrow] = field(default_factory=list)
    is_waiting: bool = False
    is_outside: bool = False
    lost: list["Event"] = field(default_factory=list)
    number: int = 0
    segment: Segment | None = None

    @property
    def call(self):
        return self.record.get("call", "")

    @property
    def duration(self):
        return self.record.get("duration", 0)

    @property
    def began(self):
        """The moment at which a call began; causes are placed there, and everything else where it ended."""
        return self.moment if self.call in CAUSES else self.moment - self.duration

    @property
    def ended(self):
        return self.began + self.duration

    @property
    def is_end_of_stream(self):
        """Whether it is a receive that found the end of the peer's stream."""
        record = self.record
        if self.call not in RECEIVES or self.end is None or not self.end.is_stream:
            return False
        if "error" in record:
            return record["error"] in ENDS_OF_STREAM
        return record.get("bytes") == 0 and record.get("asked") != 0


class Trace:
    """What the files of a folder say."""

    def __init__(self, folder):
        files, self.troubles = open_folder(folder)
        self.files, self.wires, self.recordings = [], [], {}
        for file in files:
            self.add(file)
        self.clocks = clocks_of(files)
        self.machines = len({file.header.get("machine") for file in self.files})
        self.begin = min((file.header["time"] + self.clocks[file] for file in self.files), default=0)
        self._lanes = {}
        self._lanes_of = {}  # of each file
        self._names = {}
        self._places = {}
        self._look_up = LookUp()
        self._pairs = {}  # connections by their ends, and the thread that had each first
        self.long_sends = {}
        self._long_bytes = 0
        self.joined_machines = set()  # those that share a connection, or a datagram, with another
        self._local_ports = set()
        self.outside = Lane("not traced", 0, 0)

    def add(self, file):
        """Adds an open file."""
        if file.is_wire:
            self.wires.append(file)
            self.recordings[file] = Recording()
        else:
            self.files.append(file)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        for file in (*self.files, *self.wires):
            file.close()

    @property
    def lanes(self):
        """The lanes in the order of their first records; complete after `survey()`."""
        return list(self._lanes.values())

    @property
    def processes(self):
        """Of each lane, what identifies its process; complete after `survey()`."""
        return {lane: file for (file, _), lane in self._lanes.items()}

    @property
    def wall_time(self):
        """The wall-clock time of moment 0, in nanoseconds since 1970."""
        header = self.files[0].header
        return header["wall_time"] - header["time"] + self.begin

    def lane_of(self, file, thread):
        lane = self._lanes.get((file, thread))
        if lane is None:
            header = file.header
            process = program_name(header.get("program", ""))
            others = self._lanes_of.setdefault(file, [])
            lane = Lane(process, header["pid"], thread, header.get("language", ""), header.get("forked_from", ""))
            lane.machine = header.get("machine", "")
            if others:
                lane.is_only_thread = others[0].is_only_thread = False
            others.append(lane)
            lane.number = len(self._lanes)
            self._lanes[file, thread] = lane
            self._name(lane, file)
        return lane

    def _name(self, lane, file):
        lane.name = self._names.get((file, lane.thread), "")
        if not lane.name:
            return
        same = [other for other in self._lanes_of[file] if other.name == lane.name]
        for other in same if len(same) > 1 else ():
            other.is_only_name = False

    def note(self, file, record):
        """Remembers a record that describes what others refer to: a thread's name, a place in the program."""
        if record["event"] == "thread":
            thread = record.get("thread", 0)
            self._names[file, thread] = str(record.get("name", ""))
            if lane := self._lanes.get((file, thread)):
                self._name(lane, file)
        elif file in self._places:
            self._places[file].note(record)
        else:
            self._places[file] = Places(self._look_up)
            self._places[file].note(record)

    def place_of(self, file, number):
        """The file and line of a place in the program that a record refers to; empty if it is not known."""
        places = self._places.get(file)
        return places.text(number) if places is not None and isinstance(number, int) else ""

    def survey(self):
        """Reads everything once, so that all lanes are known and also which peers are traced."""
        for file in self.files:
            for record in file.records(ForSurvey()):
                if record.get("event") in DESCRIPTIONS:
                    self.note(file, record)
                elif "call" in record or record.get("event") in ("socket", "step"):
                    self.lane_of(file, record.get("thread", 0))
                self._note_addresses(file, record)
                if record.get("call") in SENDS and record.get("duration", 0) >= LONG_NS:
                    self._note_long_send(file, record)
            file.rewind()
        # In the order of the processes' beginnings, then of the threads' first records.
        order = sorted(self._lanes, key=lambda key: key[0].header["time"] + self.clocks[key[0]])
        self._lanes = {key: self._lanes[key] for key in order}
        for number, lane in enumerate(self._lanes.values()):
            lane.number = number

    def _note_long_send(self, file, record):
        size = len(record.get("data", ""))
        if len(self.long_sends) < MOST_LONG_SENDS and self._long_bytes + size <= MOST_LONG_BYTES:
            self._long_bytes += size
            self.long_sends[file, record.get("thread"), record["time"]] = record

    def _note_addresses(self, file, record):
        local, peer = normal(record.get("local", "")), normal(record.get("peer", ""))
        if local:
            scope = self.scope(file, local)
            self._local_ports.add((scope, port_of(local)))
            if peer:
                key, lane = hash((scope, local, peer)), self._lanes.get((file, record.get("thread", 0)))
                if len(self._pairs) < MOST_PAIRS:
                    self._pairs.setdefault(key, lane)
                if self.machines > 1 and lane and (other := self.lane_of_pair(scope, peer, local)):
                    self.note_joined(lane, other)

    def note_joined(self, lane, other):
        """What one thread sends arrives at another."""
        if lane.machine != other.machine:
            self.joined_machines |= {lane.machine, other.machine}

    def lane_of_pair(self, scope, local, peer):
        """The thread that had the socket with these addresses first, if the survey has seen it."""
        return self._pairs.get(hash((scope, local, peer)))

    def scope(self, file, address):
        """Addresses of one machine are told apart from the same ones of another."""
        return file.header.get("machine", "") if is_local(address) or self.machines == 1 else ""

    def events(self, sockets=False):
        """The events, joined, from the beginning; with `sockets`, also the records of sockets that became known, and of
        processes that exited normally."""
        for file in (*self.files, *self.wires):
            file.rewind()
        records = merged([*self.files, *self.wires], self.clocks, self.long_sends)
        yield from Joiner(self).events(records, sockets=sockets)

    def is_traced(self, end, record):
        """Whether the peer of a call is among the traced processes, as far as the survey knows."""
        if (not self._pairs and not self._local_ports) or len(self._pairs) >= MOST_PAIRS:
            return True
        target = normal(record.get("to", "") or record.get("from", "") or end.peer)
        if end.is_stream:
            return not end.peer or hash((end.scope, end.peer, end.local)) in self._pairs or end.family == "AF_UNIX"
        return (self.scope(end.file, target), port_of(target)) in self._local_ports


class ForSurvey:
    """Finds the lines that a survey must look at: those with addresses, of calls that took long, and the first of each
    thread."""

    def __init__(self):
        self._threads = set()

    def search(self, line):
        found = _THREAD.search(line)
        if found is None or found[1] not in self._threads:
            if found is not None and b'"call"' in line:
                self._threads.add(found[1])
            return True
        return b'"local"' in line or b'"peer"' in line or b'"event"' in line or _LONG.search(line)


class Joiner:
    """Turns records in order into events."""

    def __init__(self, trace):
        self._trace = trace
        self._ends = Ends()
        self._wire = Wire(trace, self._ends)
        self._sockets = {}
        self._open = {}
        self._closed = deque()
        self._numbers = counted()

    def events(self, records, follow=False, sockets=False):
        for moment, file, record in records:
            if "event" not in record and "call" not in record:
                continue
            if file.is_wire:
                if event := self._segment(moment, file, record):
                    yield event
                continue
            if record.get("event") in DESCRIPTIONS:
                self._trace.note(file, record)
                continue
            if "place" in record and (place := self._trace.place_of(file, record["place"])):
                record["at"] = place
            event = Event(moment - self._trace.begin, self._trace.lane_of(file, record.get("thread", 0)), record)
            event.number = next(self._numbers)
            if "socket" in record:
                event.end = self._end(file, record)
                event.end.lane = event.lane
                if record.get("call") == "connect" and "local" not in record:
                    self._wire.attempt(self._trace.scope(file, record.get("to", "")), event)
            if record.get("event") in ("socket", "exit"):
                if event.end is not None:
                    self._made(event)
                if sockets:
                    yield event
                continue
            key = (file, record.get("thread"), record["time"])
            if record.get("begun"):
                event.is_waiting = True
                self._open[key] = event
                if follow:
                    yield event
                continue
            self._open.pop(key, None)
            if event.end is not None:
                self._joined(event)
            yield event
            if event.call in CLOSES:
                self._forget(event.end)
        if not follow:
            yield from sorted(self._open.values(), key=lambda event: event.moment)

    def _segment(self, moment, file, record):
        """The event of a segment, unless another recorder has recorded it, too."""
        if (seen := self._wire.see(file, record)) is None:
            return None
        segment, lane = seen
        return Event(moment - self._trace.begin, lane, record, number=next(self._numbers), segment=segment)

    def _forget(self, end):
        """A socket was closed. What follows on it, or on what a child has of it, follows soon."""
        self._closed.append(end)
        if len(self._closed) > MOST_CLOSED:
            old = self._closed.popleft()
            self._sockets.pop((old.file, old.number), None)
            self._ends.forget(old)

    def _end(self, file, record):
        key = (file, record["socket"])
        end = self._sockets.get(key)
        if end is None:
            end = self._sockets[key] = End(file, record["socket"], file.header.get("machine", ""))
        if "fd" in record:
            end.fd = record["fd"]
        return end

    def _made(self, event):
        record, end = event.record, event.end
        end.family, end.type = record.get("family", ""), record.get("type", "")
        self._addresses(end, record)
        how, source = record.get("how"), self._sockets.get((end.file, record.get("from")))
        if how == "dup" and source is not None:
            end.half = source.half
        elif how == "socketpair" and source is not None:
            end.half.join(source.half)
        elif how in ("seen", "from_fd") and end.is_stream and (half := self._inherited(end) or self._ends.shared(end)):
            end.half = half
        elif how == "accept" and end.family == "AF_UNIX":
            self._ends.unix_accepted(end)
        elif end.is_stream:
            self._ends.connected(end)

    def _inherited(self, end):
        """The half of the socket that a forked child has from its parent, where it has the same number."""
        parent = end.file.header.get("forked_from")
        for file in self._trace.files if parent else ():
            source = self._sockets.get((file, end.number)) if file.name == parent else None
            if source is not None and source.fd == end.fd and source.family == end.family:
                return source.half
        return None

    def _addresses(self, end, record):
        if "local" in record:
            end.local = normal(record["local"])
        if "peer" in record:
            end.peer = normal(record["peer"])
        if "state" in record:
            end.state = record["state"]
        if end.local:
            end.scope = self._trace.scope(end.file, end.local)

    def _joined(self, event):
        end, record, call = event.end, event.record, event.call
        self._addresses(end, record)
        if call == "listen":
            end.is_listener = True
            self._ends.bind(end)
        elif call == "connect" and end.is_stream and ("peer" in record or "error" not in record):
            if end.family == "AF_UNIX":
                self._ends.unix_connected(end)
            else:
                self._ends.connected(end)
        elif call in SENDS:
            self._sent(event)
        elif call in RECEIVES:
            self._received(event)
        if call in SENDS or call in RECEIVES or call == "connect":
            event.is_outside = not self._trace.is_traced(end, record)

    def _sent(self, event):
        end, record = event.end, event.record
        count = record.get("bytes", 0)
        if not end.is_stream:
            self._ends.bind(end)
            for size, data, to in self._parts(record, "sent", "to"):
                target = normal(to) or end.peer
                self._ends.datagrams(self._trace.scope(end.file, target), end.local, target).send(size, data, event)
        elif count:
            end.half.send(record.get("offset", 0), count, event)

    def _received(self, event):
        end, record = event.end, event.record
        count = record.get("bytes", 0)
        if not end.is_stream:
            self._ends.bind(end)
            for size, data, source in self._parts(record, "received", "from"):
                source = normal(source) or end.peer
                way = self._ends.datagrams(self._trace.scope(end.file, source), source, end.local)
                # recv does not report that it cut a datagram.
                cut = "MSG_TRUNC" in record.get("flags_set", "") or size == record.get("asked")
                sent, lost = way.receive(size, data, cut)
                if end.family != "AF_UNIX":  # which loses none: a process that is not traced has received them
                    event.lost += lost
                if sent is not None:
                    self._trace.note_joined(sent.lane, event.lane)
                    event.arrows.append(Arrow(sent, 0, size))
        elif count and end.half.other is not None:
            found = end.half.other.receive(record.get("offset", 0), count)
            event.arrows += [Arrow(sent, first, after) for sent, first, after in found]

    @staticmethod
    def _parts(record, batch, address):
        """The datagrams of a call: (bytes, payload if it was recorded, address)."""
        if "error" in record or "bytes" not in record:
            return
        for part in record.get(batch, [record]):
            yield part.get("bytes", 0), part.get("data"), part.get(address, "")


def program_name(command):
    """What a command line runs: the script of an interpreter, or the program."""
    words = command.split()
    if not words:
        return "?"
    names = [word.rpartition("/")[2] for word in words]
    if not names[0].startswith("python"):
        return names[0]
    for place, word in enumerate(words[1:], 1):
        if word == "-c":
            return names[0]
        if word.endswith(".py"):
            return names[place]
    modules = [word for before, word in pairwise(words) if before == "-m" and word != "polysock"]
    return modules[0] if modules else names[0]

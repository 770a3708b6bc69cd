"""What is known of each open socket, for the detectors that look at a socket's life rather than at a connection."""

from dataclasses import dataclass, field

from ..calls import CLOSES, RECEIVES, SENDS
from ..ends import port_of
from ..words import harmless, option_text
from .detector import Detector

INTERNET = frozenset({"AF_INET", "AF_INET6"})
SECOND = 1_000_000_000
SOCKET_RECORD = "a socket became known"


@dataclass(eq=False, slots=True)
class Known:
    """A socket as it was before the event that is looked at."""

    made: object = None  # the event that made it: a call, or the record of an accepted socket
    how: str = ""
    options: dict = field(default_factory=dict)  # name: the event that set it, unless to 0
    bound: object = None
    listens: object = None
    accepted_by: object = None  # (the listening socket, what was known of it)
    connects: object = None  # its last connect
    last_send: object = None
    last_receive: object = None
    lanes: set = field(default_factory=set)


class Part:
    """A detector of mistakes with sockets. `see` and `wait` are also given what is `known` of the socket, or None.
    `everything` is the detector that it is a part of."""

    names: tuple[str, ...] = ()  # of what it finds
    # Of which calls `see` wants to know, with SOCKET_RECORD for the records of sockets; None for everything.
    calls: frozenset[str] | None = frozenset()

    def __init__(self, everything):
        self.everything = everything

    def see(self, event, known, side):
        return ()

    def wait(self, event, known, side):
        return ()

    def finish(self):
        return ()


class SocketDetector(Detector):
    """Keeps what is known of sockets, and passes it with each event to the parts."""

    parts: tuple[type[Part], ...] = ()

    def __init__(self, trace, sides):
        super().__init__(trace, sides)
        self._known = {}
        self._listeners = {}
        self._makers = {}  # lane: its last call that made a socket of which there is no record yet
        self.now = 0  # the moment of the latest event
        self._parts = [make(self) for make in self.parts]
        self._by_call = {}

    def see(self, event, side):
        self.now = max(self.now, event.moment)
        call = event.call or (SOCKET_RECORD if event.record.get("event") == "socket" else event.record.get("event"))
        known = self._known_of(event)
        if call == SOCKET_RECORD:
            self._note(event, call, known)
        for part in self._interested_in(call):
            yield from part.see(event, known, side)
        if call == "socketpair":
            self._makers[event.lane] = event
        elif known is not None and call != SOCKET_RECORD:
            self._note(event, call, known)

    def wait(self, event, side):
        known = self._known_of(event)
        for part in self._parts:
            yield from part.wait(event, known, side)

    def finish(self):
        for part in self._parts:
            yield from part.finish()

    def listener_at(self, end, address):
        """(the listening socket that connections of `end` to this address arrive at, what is known of it), or None."""
        return self._listeners.get(self.key(end, address))

    def known_of(self, end):
        """What is known of a socket; None if it is closed."""
        return self._known.get(end)

    def may_be_shared(self, event, known, side):
        """Whether another process may hold the socket of a close, so that the connection goes on."""
        if side is None or side.is_shared or side.copies - {event.end}:
            return True
        file = event.end.file
        since = known.made.record["time"] if known.made is not None else 0
        return any(
            other.header.get("forked_from") == file.name and other.header["time"] >= since for other in self.trace.files
        )

    @staticmethod
    def key(end, address):
        """Names an address that a socket is bound to, whatever part of its machine it stands for."""
        # A listener may be bound to every address of its machine.
        return end.file.header.get("machine"), address if address.startswith("unix:") else port_of(address)

    def _interested_in(self, call):
        interested = self._by_call.get(call)
        if interested is None:
            interested = self._by_call[call] = [
                part for part in self._parts if part.calls is None or call in part.calls
            ]
        return interested

    def _known_of(self, event):
        if event.end is None:
            return None
        known = self._known.get(event.end)
        if known is None:
            known = self._known[event.end] = Known()
        return known

    def _note(self, event, call, known):
        record = event.record
        if call in CLOSES or call == "detach":
            self._known.pop(event.end, None)
            if known.listens is not None:
                self._listeners.pop(self.key(event.end, event.end.local), None)
            return
        if call == SOCKET_RECORD:
            known.how = record.get("how", "")
            if known.made is None:
                known.made = self._makers.get(event.lane, event) if known.how in ("accept", "socketpair") else event
            known.accepted_by = self.listener_at(event.end, event.end.local) if known.how == "accept" else None
            return
        known.lanes.add(event.lane)
        if "error" in record:
            if call == "connect":
                known.connects = event
        elif call == "socket":
            known.made = event
        elif call == "setsockopt":
            note_option(known.options, event)
        elif call == "bind":
            known.bound = event
        elif call == "accept":
            self._makers[event.lane] = event
        elif call == "listen":
            known.listens = event
            self._listeners[self.key(event.end, event.end.local)] = event.end, known
        elif call == "connect":
            known.connects = event
        elif call in SENDS and record.get("bytes"):
            known.last_send = event
        elif call in RECEIVES and "bytes" in record:
            known.last_receive = event


def option_name(event):
    """The option of a setsockopt, such as `TCP_NODELAY`."""
    return option_text({**event.record, "value": None})


def note_option(options, event):
    """Takes a setsockopt into account."""
    name = option_name(event)
    if event.record.get("value") in (0, "0", "false", "None", False):
        options.pop(name, None)
    else:
        options[name] = event


def call_at(event):
    """Which call, and where the program makes it: `recv at client.py:12`."""
    return f"{harmless(event.call)}{at(event)}"


def at(event):
    """` at client.py:12`, or nothing."""
    place = event.record.get("at") if event is not None else None
    return f" at {harmless(place.rpartition('/')[2])}" if place else ""


def is_internet(end, kind):
    return end is not None and end.type == kind and end.family in INTERNET


def fixed_port(to):
    """The port that a program has chosen; None if it lets the system choose."""
    port = port_of(to)
    return None if to.startswith("unix:") or port in ("", "0") else port

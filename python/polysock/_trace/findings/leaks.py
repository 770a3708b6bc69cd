"""Sockets that were never closed: `leaked`."""

from dataclasses import dataclass, field

from ..calls import CLOSES, RECEIVES, SENDS
from ..words import counted, were
from .finding import NOTE, WARNING, Finding
from .sockets import Part, at

# Where a garbage collector closes sockets that were forgotten. Elsewhere dropping one is how it is closed.
COLLECTED = frozenset({"python"})

# After one of these a program has gone on, and is not at its end.
GOES_ON = SENDS | RECEIVES | {"socket", "socketpair", "accept", "connect", "bind", "listen", "poll", "poller"}


@dataclass(eq=False, slots=True)
class Process:
    """The sockets of a process that were not closed."""

    open: dict = field(default_factory=dict)  # End: Known
    dropped: list = field(default_factory=list)  # (the event that made it, its drop) since the last other call
    interrupted: bool = False  # its last call was ended by a signal, or by a handler that never returned
    exit: object = None


@dataclass(eq=False, slots=True)
class Place:
    """Where such sockets were made."""

    first: object
    count: int = 0
    last_drop: object = None


class Leaked(Part):
    """Sockets that the garbage collector closed, or that were open when their process ended.

    A listener that is open at the end is the usual end of a server, and so are the sockets of a process that was killed
    or interrupted.
    """

    names = ("leaked",)
    calls = None

    def __init__(self, everything):
        super().__init__(everything)
        self._processes = {}
        self._collected, self._at_exit = {}, {}

    def see(self, event, known, side):
        record, call = event.record, event.call
        process = self._processes.setdefault((event.lane.process, event.lane.pid), Process())
        if call == "drop":
            process.open.pop(event.end, None)
            if not is_listener(event.end) and event.lane.language in COLLECTED:
                process.dropped.append((known.made, event))
        elif call in CLOSES or call == "detach":
            process.open.pop(event.end, None)
        elif record.get("event") == "exit":
            process.exit = event
        elif record.get("event") == "socket":
            if known.how != "seen":
                process.open[event.end] = known
        elif call in GOES_ON:
            # The program goes on: the sockets that it dropped were not dropped because it was ending.
            for made, drop in process.dropped:
                self._add(self._collected, made, drop)
            process.dropped.clear()
            process.interrupted = record.get("error") == "EINTR"
        return ()

    def wait(self, event, known, side):
        process = self._processes.get((event.lane.process, event.lane.pid))
        if process is not None and process.exit is not None and process.exit.lane is event.lane:
            process.interrupted = True
        return ()

    def finish(self):
        for process in self._processes.values():
            if process.exit is not None:
                self._exits(process)
        for place in self._collected.values():
            yield Finding(
                "leaked",
                WARNING,
                f"{counted(place.count, 'socket')} made{at(place.first) or ' here'} {were(place.count)} never closed "
                f"by the program: the garbage collector closed {'it' if place.count == 1 else 'them'}, which might "
                "have happened much later.",
                "Close each socket, best with `with` or try-with-resources. While it is open, "
                "its peer waits, and the process may run out of descriptors.",
                [place.first, place.last_drop],
            )
        for place in self._at_exit.values():
            yield Finding(
                "leaked",
                NOTE,
                f"{counted(place.count, 'socket')} made{at(place.first) or ' here'} {were(place.count)} still open "
                "when the program ended.",
                "The system closes them then, and resets a connection whose input was not read. Close each socket "
                "as soon as it is no longer needed.",
                [place.first, *([place.last_drop] if place.last_drop is not None else [])],
            )

    def _exits(self, process):
        if not process.interrupted:
            for made, drop in process.dropped:
                self._add(self._at_exit, made, drop)
            for end, known in process.open.items():
                if not is_listener(end) and not is_unused_pair(known):
                    self._add(self._at_exit, known.made, None)

    @staticmethod
    def _add(places, made, drop):
        place = places.setdefault((made.record.get("at"), made.lane.process), Place(made))
        place.count += 1
        place.last_drop = drop


def is_listener(end):
    return end.is_listener or end.state == "LISTEN"


def is_unused_pair(known):
    """Whether it only keeps a descriptor, as the end of a pair that a Java program has from its beginning."""
    return known.how == "socketpair" and known.last_send is None and known.last_receive is None

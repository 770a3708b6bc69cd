"""What an accepted socket has, or has not, from its listener: `accept-inherits`."""

from dataclasses import dataclass, field

from ..calls import RECEIVES, SENDS
from ..words import counted, harmless, time_text
from .finding import NOTE, WARNING, Finding
from .sockets import SECOND, SOCKET_RECORD, Part, at, call_at, option_name

# Options whose effect is on connections. Sizes of buffers are left out: they have to be set on the listener.
OF_CONNECTIONS = frozenset(
    {
        "SO_KEEPALIVE",
        "SO_LINGER",
        "TCP_NODELAY",
        "TCP_CORK",
        "TCP_KEEPIDLE",
        "TCP_KEEPINTVL",
        "TCP_KEEPCNT",
        "TCP_USER_TIMEOUT",
        "TCP_QUICKACK",
    }
)

# Languages in which a time limit, or non-blocking mode, is a property of the socket object.
HAS_TIMEOUTS = frozenset({"python"})


@dataclass(eq=False, slots=True)
class Listener:
    """What was set on a listener, and what was set again on its connections."""

    accepted: object = None  # its first accept with a time limit
    connections: int = 0
    set_again: set = field(default_factory=set)
    last: object = None


class AcceptInherits(Part):
    """A connection that waits without the time limit of its listener; options that reach connections only where the
    system passes them on."""

    names = ("accept-inherits",)
    calls = RECEIVES | SENDS | {"accept", "setsockopt", "step", SOCKET_RECORD}

    LONG_NS = SECOND

    def __init__(self, everything):
        super().__init__(everything)
        self._listeners = {}  # Known of the listener: Listener
        self._found = set()
        self._servers = set()  # the processes with one of this library's servers, which sets options itself

    def see(self, event, known, side):
        if event.record.get("event") == "step":
            self._servers.add(event.lane.pid)
            return
        if event.call == "accept":
            listener = self._listeners.setdefault(known, Listener())
            if "timeout" in event.record and event.lane.language in HAS_TIMEOUTS:
                listener.accepted = listener.accepted or event
            return
        if known is None or known.accepted_by is None:
            return
        of = known.accepted_by[1]
        listener = self._listeners.setdefault(of, Listener())
        if event.record.get("event") == "socket":
            listener.connections += 1
            listener.last = known.made
        elif event.call == "setsockopt":
            listener.set_again.add(option_name(event))
        elif listener.accepted is not None and of not in self._found:
            yield from self._waited(event, listener, of)

    def finish(self):
        for known, listener in self._listeners.items():
            for name in sorted(OF_CONNECTIONS & known.options.keys() - listener.set_again):
                if listener.connections and known.options[name].lane.pid not in self._servers:
                    yield self._option(name, known, listener)

    def _waited(self, event, listener, of):
        limit = listener.accepted.record["timeout"]
        if "timeout" in event.record or event.duration < max(limit, self.LONG_NS):
            return
        self._found.add(of)
        mode = f"has a time limit of {time_text(limit)}" if limit else "is in non-blocking mode"
        yield Finding(
            "accept-inherits",
            WARNING,
            f"{call_at(event)} waited {time_text(event.duration)}: the listener {mode}, but the sockets that it "
            "accepts don't inherit that, and wait without a limit.",
            "Call settimeout or setblocking on each accepted socket.",
            [event, listener.accepted],
        )

    @staticmethod
    def _option(name, known, listener):
        option = known.options[name]
        resets = " So each of their closes may discard data or wait." if name == "SO_LINGER" else ""
        return Finding(
            "accept-inherits",
            NOTE,
            f"{harmless(name)} was set on the listener{at(option)}. Its {counted(listener.connections, 'connection')} "
            f"inherited it, which Linux and BSD do but POSIX does not promise.{resets}",
            "Set it on each accepted socket, where a reader of the program expects it.",
            [option, listener.last],
        )

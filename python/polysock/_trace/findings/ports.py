"""Ports that can't be bound: `time-wait`, `address-in-use`."""

from dataclasses import dataclass

from ..calls import CLOSES
from ..words import counted, harmless, time_text
from .finding import ERROR, NOTE, Finding
from .sockets import SECOND, SOCKET_RECORD, Part, at, fixed_port, is_internet

# How long Linux keeps a connection that this end has closed first (TCP_TIMEWAIT_LEN).
TIME_WAIT_NS = 60 * SECOND

# States after a shutdown and before a close: this end sends FIN first, and comes to TIME_WAIT.
CLOSED_FIRST = frozenset({"FIN_WAIT1", "FIN_WAIT2", "CLOSING", "TIME_WAIT"})

USE_REUSEADDR = (
    "Set SO_REUSEADDR before bind, in every run of the server (socket.create_server does it). "
    "It does not let two servers use the port at the same time."
)


@dataclass(eq=False, slots=True)
class ClosedFirst:
    """Whether an end of a connection has sent FIN before the other."""

    is_noted: bool = False


@dataclass(eq=False, slots=True)
class Port:
    """A port that a program chose for its listener, without SO_REUSEADDR."""

    listens: object
    accepted: int = 0
    closed_first: int = 0
    first: object = None  # the first close that sent FIN before the client did


class Ports(Part):
    """A bind that fails because connections of an earlier run are in TIME_WAIT; a server that will cause it; and ports
    that another socket has."""

    names = ("time-wait", "address-in-use")
    calls = frozenset({"bind", "listen", "shutdown", SOCKET_RECORD}) | CLOSES

    def __init__(self, everything):
        super().__init__(everything)
        self._ports = {}  # the listener's Known: Port
        self._closed_first = {}  # (machine, port): the last close that left a connection in TIME_WAIT
        self._has_failed = set()  # the ports of which this was reported
        self._in_use = {}  # file: the binds that failed since its last bind that succeeded

    def see(self, event, known, side):
        record, end = event.record, event.end
        if not is_internet(end, "SOCK_STREAM"):
            return
        if event.call in ("bind", "listen"):
            if record.get("error") == "EADDRINUSE":
                yield from self._failed(event, known)
            elif "error" not in record:
                # A program that tries one port after the other has found one.
                self._in_use.pop(end.file, None)
                self._listens(event, known)
        elif record.get("how") == "accept" and known.accepted_by and (port := self._ports.get(known.accepted_by[1])):
            port.accepted += 1
        elif record.get("event") != "socket" and self._closes_first(event, known, side):
            side.of(ClosedFirst).is_noted = True
            self._note_first(event, known)

    def finish(self):
        for port in self._ports.values():
            end = port.listens.end
            if port.first is not None and self.everything.key(end, end.local) not in self._has_failed:
                yield self._will_wait(port)
        for failed in self._in_use.values():
            for event in failed:
                yield self._taken(event)

    def _listens(self, event, known):
        if event.call != "listen" or known.bound is None or "SO_REUSEADDR" in known.options:
            return
        if fixed_port(known.bound.record.get("to", "")):
            self._ports[known] = Port(event)

    def _closes_first(self, event, known, side):
        """Whether the server's end of a connection sends FIN before the client's does."""
        record = event.record
        if side is None or side.of(ClosedFirst).is_noted or "error" in record:
            return False
        if event.call == "abort" or "SO_LINGER" in known.options:
            return False
        state = record.get("state")
        if event.call != "shutdown":
            if record.get("unread") or self.everything.may_be_shared(event, known, side):
                return False  # a reset; or no FIN yet
            if state == "ESTABLISHED":
                return True
        return state in CLOSED_FIRST

    def _note_first(self, event, known):
        listener = known.accepted_by or self.everything.listener_at(event.end, event.end.local)
        if listener is None:
            return
        self._closed_first[self.everything.key(event.end, event.end.local)] = event
        if port := self._ports.get(listener[1]):
            port.closed_first += 1
            port.first = port.first or event

    def _failed(self, event, known):
        to = event.record.get("to") or event.end.local
        first = self._closed_first.get(self.everything.key(event.end, to))
        waits = first is not None and event.moment - first.moment < TIME_WAIT_NS
        if not self._is_in_time_wait(event, known, to, waits):
            self._in_use.setdefault(event.end.file, []).append(event)
            return
        self._has_failed.add(self.everything.key(event.end, to))
        who = f" One was closed {time_text(event.moment - first.moment)} earlier{at(first)}." if waits else ""
        yield Finding(
            "time-wait",
            ERROR,
            f"{event.call}({harmless(to)}){at(event)} failed with EADDRINUSE, although no program listens there: "
            f"connections that the server closed first are in TIME_WAIT for 60 s.{who}",
            USE_REUSEADDR,
            [event, *([first] if waits else [])],
        )

    def _is_in_time_wait(self, event, known, to, waits):
        """Whether only connections of the server have the port, in TIME_WAIT; `waits` if the trace has seen a close."""
        states = set(event.record.get("in_use", "").split())
        if states:
            # With SO_REUSEADDR, they are those of a program that had not set it, such as a client that got this port.
            may_be_its_own = waits or known is None or "SO_REUSEADDR" not in known.options
            return "TIME_WAIT" in states and states <= CLOSED_FIRST and may_be_its_own
        return waits and self.everything.listener_at(event.end, to) is None

    def _taken(self, event):
        to = event.record.get("to") or event.end.local
        listener = self.everything.listener_at(event.end, to)
        states = event.record.get("in_use", "").split()
        who = f", and {listener[1].listens.lane.label} listens on it" if listener else ""
        if states and "LISTEN" not in states:
            who = f" for a connection in the state {states[0]}"
        return Finding(
            "address-in-use",
            ERROR,
            f"{event.call}({harmless(to)}){at(event)} failed with EADDRINUSE: another socket uses this "
            f"port{harmless(who)}.",
            "Stop the other program (ss -tanp shows it), or choose another port; port 0 lets the system choose one.",
            [event, *([listener[1].listens] if listener else [])],
        )

    @staticmethod
    def _will_wait(port):
        number = port.listens.end.local.rpartition(":")[2]
        stay = "stays" if port.closed_first == 1 else "stay"
        return Finding(
            "time-wait",
            NOTE,
            f"The server was the first to close {port.closed_first:,} of {counted(port.accepted, 'connection')}, which "
            f"{stay} in TIME_WAIT for 60 s. If it is started again within that time, bind to port {number} will fail "
            "with EADDRINUSE.",
            USE_REUSEADDR,
            [port.first, port.listens],
        )

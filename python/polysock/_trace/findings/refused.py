"""Connects to a port on which nothing listens: `refused`."""

from dataclasses import dataclass, field

from ..ends import port_of
from ..words import counted, harmless, time_text
from .finding import WARNING, Finding
from .sockets import Part, at, call_at, is_internet

# A program that is refused on this many ports is looking for an open one.
PORTS_OF_A_SCAN = 3


@dataclass(eq=False, slots=True)
class Refusals:
    """The connects of a process that were refused."""

    by_port: dict = field(default_factory=dict)  # port: events
    reached: set = field(default_factory=set)  # the ports to which it connected


class Refused(Part):
    """A connect to a port on which nothing listens."""

    names = ("refused",)
    calls = frozenset({"connect", "bind", "listen"})

    def __init__(self, everything):
        super().__init__(everything)
        self._of = {}  # file: Refusals
        self._bound = {}  # port: the last bind to it
        self._began = {}  # port: when the first socket began to listen there

    def see(self, event, known, side):
        record, end = event.record, event.end
        if not is_internet(end, "SOCK_STREAM"):
            return ()
        if event.call != "connect":
            if "error" not in record and end.local:
                (self._bound if event.call == "bind" else self._began).setdefault(port_of(end.local), event)
            return ()
        to = record.get("to", "")
        of = self._of.setdefault(end.file, Refusals())
        if record.get("error") == "ECONNREFUSED":
            of.by_port.setdefault(port_of(to), []).append(event)
        elif "error" not in record:
            of.reached.add(port_of(to))
        return ()

    def finish(self):
        for of in self._of.values():
            refused = {port: events for port, events in of.by_port.items() if port not in of.reached}
            if len(of.by_port) >= PORTS_OF_A_SCAN:
                continue
            for port, events in refused.items():
                yield self._finding(port, events)

    def _finding(self, port, events):
        event = events[0]
        why, evidence = self._why(port, event)
        more = f" (and {counted(len(events) - 1, 'more time')})" if len(events) > 1 else ""
        return Finding(
            "refused",
            WARNING,
            f"{call_at(event)} to {harmless(event.record.get('to', ''))} was refused{more}: {why}",
            "Start the server first, so that it has called listen before clients connect, and check the address and "
            "port (ss -tln). A client that may start first should try again after a pause, with a limit.",
            [event, *evidence],
        )

    def _why(self, port, event):
        began, bound = self._began.get(port), self._bound.get(port)
        if began is not None and began.moment > event.moment:
            return f"the server began to listen {time_text(began.moment - event.moment)} later.", [began]
        if began is not None and self.everything.known_of(began.end):
            return f"the server listens on {harmless(began.end.local)} instead.", [began]
        if began is not None:
            return "the server no longer listened.", [began]
        if bound is not None:
            return f"the socket that was bound to this port{at(bound)} does not listen.", [bound]
        return "nothing listened on this port.", []

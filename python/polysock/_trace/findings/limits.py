"""Calls that may wait for ever: `no-timeout`."""

from ..calls import RECEIVES, SENDS
from ..words import time_text
from .finding import NOTE, WARNING, Finding
from .inherited import HAS_TIMEOUTS
from .sockets import INTERNET, SECOND, Part, call_at

KEEPS_WATCH = ("SO_KEEPALIVE", "TCP_USER_TIMEOUT", "SO_RCVTIMEO", "SO_SNDTIMEO")


class NoTimeout(Part):
    """A client that waits long for a reply, or to connect, without a time limit.

    Servers wait for clients as long as it takes, and so does a program that only listens to its peer. What counts is a
    call on a socket that this program has connected (for datagrams: one that it has not bound), after it has sent
    something that was not answered yet, while no other thread uses the socket.
    """

    names = ("no-timeout",)
    calls = RECEIVES | SENDS | {"connect"}

    LONG_NS = 5 * SECOND

    def __init__(self, everything):
        super().__init__(everything)
        self._found = set()
        self._waiting = []

    def see(self, event, known, side):
        if event.duration >= self.LONG_NS and self._counts(event, known):
            interrupted = event.record.get("error") == "EINTR"
            if interrupted and event.lane.language not in HAS_TIMEOUTS:
                return  # the signal may be that of an alarm, which is a time limit
            if event.call in SENDS and not interrupted:
                return  # a peer that reads slowly
            yield from self._found_at(event, known, event.duration, interrupted)

    def wait(self, event, known, side):
        self._waiting.append((event, known, self._counts(event, known)))
        return ()

    def finish(self):
        for event, known, counts in self._waiting:
            waited = self.everything.now - event.moment
            if counts and waited >= self.LONG_NS:
                yield from self._found_at(event, known, waited, True)

    @staticmethod
    def _counts(event, known):
        end, record = event.end, event.record
        if known is None or end.family not in INTERNET or "timeout" in record or event.call not in NoTimeout.calls:
            return False
        if any(option in known.options for option in KEEPS_WATCH) or known.lanes - {event.lane}:
            return False
        if event.call == "connect":
            return end.is_stream
        if end.is_stream:
            if known.connects is None:
                return False
        elif known.bound is not None:
            return False
        if event.call in SENDS:
            return True
        sent, received = known.last_send, known.last_receive
        return sent is not None and (received is None or received.began < sent.began)

    def _found_at(self, event, known, waited, never_ended):
        place = event.record.get("at") or event.end
        if place in self._found:
            return
        self._found.add(place)
        what = "to be connected" if event.call == "connect" else "for room" if event.call in SENDS else "for a reply"
        lost = "the peer disappears without closing" if event.end.is_stream else "a datagram is lost"
        in_vain = " in vain" if never_ended else ""
        yield Finding(
            "no-timeout",
            WARNING if never_ended else NOTE,
            f"{call_at(event)} waited {time_text(waited)}{in_vain} {what}, without a time limit: if {lost}, it waits "
            "for ever.",
            "Set a time limit (settimeout, setSoTimeout, the call's deadline) and decide what happens when it expires.",
            [event, *([known.last_send] if known.last_send is not None and event.call in RECEIVES else [])],
        )

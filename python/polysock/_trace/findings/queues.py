"""Clients that wait for a server: `backlog-full`, `one-client-at-a-time`."""

from dataclasses import dataclass

from ..calls import CLOSES, RECEIVES, SENDS
from ..ends import is_local
from ..words import counted, harmless, time_text
from .finding import NOTE, WARNING, Finding
from .sockets import SECOND, SOCKET_RECORD, Part, call_at, is_internet

# A SYN that got no answer is sent again after one second (RFC 6298), which the kernel measures in jiffies.
FIRST_RETRY_NS = SECOND - 20_000_000
# How much later than a retry its answer may be, away from this machine.
ROUND_TRIP_NS = 200_000_000

FULL_QUEUE_ADVICE = (
    "Accept in a loop that does nothing else (hand connections to threads or an event loop), and call listen with a "
    "larger backlog, such as 128. `python -m polysock doctor` shows queues that have overflowed."
)


class BacklogFull(Part):
    """A connect that took a second or more because the server's queue was full, so that SYNs were dropped."""

    names = ("backlog-full",)
    calls = frozenset({"connect", "accept", SOCKET_RECORD}) | CLOSES

    def __init__(self, everything):
        super().__init__(everything)
        self._queued = {}  # the listener's Known: how many connections were not accepted yet

    def see(self, event, known, side):
        end = event.end
        if event.record.get("how") == "accept" and known.accepted_by:
            listener = known.accepted_by[1]
            self._queued[listener] = max(self._queued.get(listener, 0) - 1, 0)
        if event.call != "connect" or end is None or not end.is_stream:
            return
        record = event.record
        target = end.peer or record.get("to", "")
        listener = self.everything.listener_at(end, target)
        succeeded = "error" not in record
        if end.family == "AF_UNIX":
            if record.get("error") in ("EAGAIN", "WouldBlock") or (record.get("error") == "TimedOut" and listener):
                yield self._full(event, listener, "failed: the server's queue was full")
        elif is_internet(end, "SOCK_STREAM") and self._was_dropped(event, target, listener):
            how = ("took" if succeeded else "had no answer after") + f" {time_text(event.duration)}"
            yield self._full(event, listener, f"{how}: the server's queue was full, so the first SYN was dropped")
        if succeeded and listener:
            self._queued[listener[1]] = self._queued.get(listener[1], 0) + 1

    def _was_dropped(self, event, target, listener):
        error, took = event.record.get("error"), event.duration
        if error in ("TimedOut", "ETIMEDOUT"):
            return listener is not None and self._is_full(listener[1])
        if error is not None or took < FIRST_RETRY_NS or event.record.get("signals"):
            return False
        return is_local(target) or (took + SECOND - FIRST_RETRY_NS) % SECOND < ROUND_TRIP_NS

    def _is_full(self, listener):
        return self._queued.get(listener, 0) > listener.listens.record.get("backlog", 0)

    def _full(self, event, listener, what):
        queue, evidence = "", []
        if listener:
            listens = listener[1].listens
            backlog, waiting = listens.record.get("backlog"), self._queued.get(listener[1], 0)
            # A connect that took long succeeded when the queue had become shorter.
            length = f"{counted(waiting, 'connection')} not accepted yet, " if waiting > (backlog or 0) else ""
            queue = f" ({length}backlog {backlog})"
            evidence = [listens]
        text = f"{call_at(event)} {what}{queue}."
        return Finding("backlog-full", WARNING, text, FULL_QUEUE_ADVICE, [event, *evidence])


@dataclass(eq=False, slots=True)
class Connected:
    """A client's end of a connection."""

    event: object = None


@dataclass(eq=False, slots=True)
class Serving:
    """What a thread that accepts did last with a connection that it had accepted."""

    end: object
    accepted: int
    last: object = None


class OneClientAtATime(Part):
    """A client that waits to be accepted while the server's thread is busy with another one."""

    names = ("one-client-at-a-time",)
    calls = frozenset({"connect", SOCKET_RECORD}) | SENDS | RECEIVES | CLOSES

    # A client notices a wait of this length.
    LONG_NS = SECOND

    def __init__(self, everything):
        super().__init__(everything)
        self._serving = {}  # lane: Serving
        self._found = set()  # listeners

    def see(self, event, known, side):
        if side is None:
            return
        if event.call == "connect":
            if "error" not in event.record:
                side.of(Connected).event = event
        elif event.record.get("how") == "accept":
            yield from self._accepted(event, known, side)
        else:
            serving = self._serving.get(event.lane)
            if serving is not None and serving.end is event.end:
                serving.last = event

    def _accepted(self, event, known, side):
        before = self._serving.get(event.lane)
        self._serving[event.lane] = Serving(event.end, event.moment)
        client = side.other.of(Connected).event if side.other is not None else None
        if client is None or before is None or before.last is None or known.accepted_by is None:
            return
        since, busy_until = client.ended, before.last.ended
        if busy_until - max(since, before.accepted) < self.LONG_NS or known.accepted_by[1] in self._found:
            return
        self._found.add(known.accepted_by[1])
        yield Finding(
            "one-client-at-a-time",
            NOTE,
            f"The client {harmless(event.end.peer)} waited {time_text(event.moment - since)} to be accepted: the "
            f"thread that accepts was serving {harmless(before.end.peer)} until {call_at(before.last)}.",
            "Give each connection a thread (socketserver.ThreadingTCPServer, polysock's server), or wait for all of "
            "them with selectors or asyncio.",
            [event, client, before.last],
        )

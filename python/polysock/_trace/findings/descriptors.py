"""Descriptors that are not what a program takes them for: `stolen-descriptor`, `copy-keeps-open`."""

from dataclasses import dataclass, field

from ..calls import CLOSES, RECEIVES, SENDS
from ..words import time_text
from .finding import ERROR, WARNING, Finding
from .sockets import SECOND, Part, at, call_at

KEEP_THE_NUMBER = (
    "Let exactly one object own a descriptor, and close it only through that object. Before another object takes it "
    "over, call detach(), or give that object a duplicate (dup)."
)


class Stolen(Part):
    """A socket whose descriptor was closed behind its back, by number or through another owner, so that its calls fail
    or reach another file."""

    names = ("stolen-descriptor",)
    calls = None

    def __init__(self, everything):
        super().__init__(everything)
        self._owners = {}  # (file, number): the ends that own it, the oldest first
        self._stolen = {}  # end: the socket that has its number now

    def see(self, event, known, side):
        end, record, call = event.end, event.record, event.call
        if end is None:
            return
        if record.get("event") == "socket":
            self._made(event)
            return
        if end in self._stolen and call not in ("getsockname", "getpeername", "getsockopt"):
            yield self._finding(event, known, self._stolen.pop(end))
        elif record.get("error") == "EBADF" and "fd" in record:
            yield self._finding(event, known, None)
        if call in CLOSES or call == "detach":
            self._gone(end)

    def _made(self, event):
        end = event.end
        key = (end.file, end.fd)
        owners = self._owners.setdefault(key, [])
        if event.record.get("how") not in ("from_fd", "seen"):
            # The system gives a number out only when it is free.
            for owner in owners:
                self._stolen[owner] = event
            owners.clear()
        owners.append(end)

    def _gone(self, end):
        self._stolen.pop(end, None)
        owners = self._owners.get((end.file, end.fd), ())
        if end in owners:
            owners.remove(end)
            if not owners:
                del self._owners[end.file, end.fd]

    @staticmethod
    def _finding(event, known, other):
        fd = event.end.fd
        made = f" made{at(known.made)}" if at(known.made) else ""
        if other is None:
            text = (
                f"{call_at(event)} failed with EBADF: descriptor {fd} of the socket{made} had been closed by its "
                "number, or by another owner. If the system had reused the number meanwhile, the call would have "
                "reached another file."
            )
        else:
            text = (
                f"{call_at(event)} used descriptor {fd} of the socket{made}, which had been closed by its number, or "
                "by another owner, and belongs to another socket now: the call reached the wrong socket."
            )
        return Finding("stolen-descriptor", ERROR, text, KEEP_THE_NUMBER, [event, *([other] if other else [])])


@dataclass(eq=False, slots=True)
class Copies:
    """What the copies of one end of a connection did."""

    used: set = field(default_factory=set)  # those that sent or received
    closed: object = None  # the last close of one that did


class CopyKeepsOpen(Part):
    """A close that does not end the connection, because a process that does not use the socket still has a copy: a
    parent that has not closed it after fork, or a child that has inherited it."""

    names = ("copy-keeps-open",)
    calls = RECEIVES | SENDS | CLOSES

    # A peer that waits this long for the end of the stream needs it.
    LONG_NS = SECOND

    def __init__(self, everything):
        super().__init__(everything)
        self._found = set()
        self._waiting = []

    def see(self, event, known, side):
        if side is None:
            return
        copies = side.of(Copies)
        if event.call in CLOSES:
            if event.end in copies.used and not event.record.get("unread"):
                copies.closed = event
        elif event.record.get("bytes"):
            copies.used.add(event.end)
        if event.is_end_of_stream:
            yield from self._waited(event, side, event.ended)

    def wait(self, event, known, side):
        if side is not None and event.call in RECEIVES:
            self._waiting.append((event, side))
        return ()

    def finish(self):
        for event, side in self._waiting:
            yield from self._waited(event, side, self.everything.now)

    def _had_another_copy(self, event, other, closed):
        """Whether there was a copy that the trace has not shown in use; on a busy machine, the end may just be received
        late."""
        if other.closed is None:
            return False
        if other.closed is not closed:
            return other.closed.moment - closed.moment >= self.LONG_NS
        return event.is_waiting or self.everything.sides.may_be_inherited(closed)

    def _waited(self, event, side, until):
        other = side.other
        if other is None or other.shut_down is not None:
            return
        copies = other.of(Copies)
        closed = copies.closed
        if closed is None or closed.record.get("at") in self._found:
            return
        if until - max(event.began, closed.moment) < self.LONG_NS:
            return
        idle = [copy for copy in other.copies if copy not in copies.used]
        others = [copy for copy in other.copies if copy in copies.used and copy is not closed.end]
        if others or not (idle or self._had_another_copy(event, other, closed)):
            return
        self._found.add(closed.record.get("at"))
        holder = f"process {idle[0].file.header['pid']}" if idle else "another process"
        end = "has waited" if event.is_waiting else "waited"
        yield Finding(
            "copy-keeps-open",
            WARNING,
            f"{call_at(closed)} did not end the connection, because {holder} still had a copy of the socket: "
            f"{call_at(event)} {end} for the end of the stream for another {time_text(until - closed.moment)}.",
            "After fork, close the connection in the parent and the listener in the child. shutdown(SHUT_WR) ends "
            "the stream even if there are copies.",
            [closed, event],
        )

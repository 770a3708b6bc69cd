"""What is known of each end of a connection, for the detectors."""

from ..calls import CLOSES, RECEIVES, SENDS

STOPS_SENDING = frozenset({"SHUT_WR", "SHUT_RDWR"})


class Side:
    """One end of a connection as it was before the event that is looked at. Copies of a socket, made by dup or fork,
    are the same side."""

    __slots__ = (
        "_half",
        "_kept",
        "_sides",
        "closed",
        "connected",
        "copies",
        "ended",
        "is_shared",
        "lanes",
        "last",
        "last_receive",
        "last_send",
        "received",
        "receivers",
        "sent",
        "shut_down",
    )

    def __init__(self, sides, half):
        self._sides = sides
        self._half = half
        self._kept = {}
        self.copies = set()  # the open sockets of this end
        self.is_shared = False  # there is, or may have been, a descriptor that the trace does not know
        self.sent = self.received = 0  # bytes
        self.last_send = self.last_receive = self.last = None  # successful ones; the last call of any kind
        self.connected = None  # the call that connected it; the other side was accepted
        self.shut_down = None  # the call that ended its stream
        self.ended = None  # the receive that found the end of the peer's stream
        self.closed = None  # the close of the last copy
        self.lanes = set()  # the threads that made calls on it
        self.receivers = set()  # those that have received

    @property
    def other(self):
        """The other end, if it is traced."""
        half = self._half.other
        return None if half is None else half.side or self._sides.of_half(half)

    def of(self, kind):
        """What a detector remembers of this side: an object of this class, which is made if there is none."""
        kept = self._kept.get(kind)
        if kept is None:
            kept = self._kept[kind] = kind()
        return kept

    def note(self, event):
        """Takes the event into account."""
        record, call = event.record, event.call
        if not call:
            if record.get("event") == "socket":
                self._note_socket(event)
            return
        self.last = event
        self.lanes.add(event.lane)
        if call not in CLOSES:
            self.copies.add(event.end)
        count = record.get("bytes", 0)
        if count:
            if call in SENDS:
                self.sent = max(self.sent, record.get("offset", self.sent) + count)
                self.last_send = event
            elif call in RECEIVES:
                self.received = max(self.received, record.get("offset", self.received) + count)
                self.last_receive = event
                self.receivers.add(event.lane)
        elif call in RECEIVES:
            if event.is_end_of_stream:
                self.ended = event
        else:
            self._note_state(event)

    def _note_state(self, event):
        record, call = event.record, event.call
        if call == "connect":
            self.connected = event
        elif call == "shutdown" and record.get("how") in STOPS_SENDING and "error" not in record:
            self.shut_down = event
        elif call in CLOSES:
            self.copies.discard(event.end)
            if not self.copies:
                self.closed = event
        elif call == "detach":
            self.is_shared = True

    def _note_socket(self, event):
        self.copies.add(event.end)
        self.closed = None
        self.sent = max(self.sent, event.record.get("sent", 0))
        self.received = max(self.received, event.record.get("received", 0))
        if event.record.get("how") in ("seen", "from_fd"):
            self.is_shared = True


class Sides:
    """The sides of all connections that are open."""

    def __init__(self, trace):
        self._trace = trace
        self._open = set()

    def of(self, event):
        """The side on which a call was made; None for what is no connection, or not any more."""
        end = event.end
        if end is None or end.is_listener or not end.is_stream:
            return None
        return end.half.side or self.of_half(end.half)

    def of_half(self, half):
        if half.side is None:
            half.side = Side(self, half)
            self._open.add(half.side)
        return half.side or None

    def note(self, side, event):
        """Takes the event into account, and forgets a connection whose ends are both closed."""
        side.note(event)
        if side.closed is not None:
            other = side.other
            if other is None or other.closed is not None:
                self._forget(side)
                if other is not None:
                    self._forget(other)

    def _forget(self, side):
        self._open.discard(side)
        side._half.side = False

    def may_be_inherited(self, event):
        """Whether a forked child may have a copy of the socket of this call that it has not used yet."""
        name = event.end.file.name
        return any(file.header.get("forked_from") == name for file in self._trace.files)

    def open(self):
        """The sides of connections that have not ended."""
        return list(self._open)

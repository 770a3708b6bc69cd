"""What leads from one event to another besides bytes."""

from weakref import WeakKeyDictionary

from .calls import CLOSES

RESETS = frozenset({"ECONNRESET", "EPIPE"})


class Links:
    """Sees every event in order, and says from which earlier ones each follows:

    end       the close or shutdown whose end of stream a call has seen
    reset     the close that reset the connection which a call found reset
    woken     the close that ended a waiting call
    """

    def __init__(self):
        self._connects = WeakKeyDictionary()
        self._closings = WeakKeyDictionary()
        self._closers = {}
        self._accepts = {}
        self.accepted = []  # (number of a connect, number of the accept that returned its connection)

    def of(self, event):
        """The links that lead to an event: (kind, number of the earlier event)."""
        if event.end is None or event.is_waiting:
            return []
        links = list(self._found(event))
        self._note(event)
        return links

    def _found(self, event):
        half, error = event.end.half, event.record.get("error", "")
        if error == "Closed" and event.end in self._closers:
            yield "woken", self._closers[event.end]
        elif half.other in self._closings:
            number, closing = self._closings[half.other]
            if error in RESETS and closing == "reset":
                yield "reset", number
            elif event.is_end_of_stream:
                yield "end", number

    def returned(self, event):
        """A socket became known; if an accept returned it, that call was the event before."""
        if event.record.get("how") != "accept":
            return
        accept, other = self._accepts.pop(event.lane, None), event.end.half.other
        if accept is not None and other in self._connects:
            self.accepted.append((self._connects[other], accept))

    def _note(self, event):
        call, record, end = event.call, event.record, event.end
        if call == "connect":
            self._connects[end.half] = event.number
        elif call == "accept":
            self._accepts[event.lane] = event.number
        elif call == "shutdown" and record.get("how") != "SHUT_RD" and "error" not in record:
            self._closings.setdefault(end.half, (event.number, "shutdown"))
        elif call in CLOSES:
            closing = "reset" if call == "abort" or record.get("unread") else "close"
            before = self._closings.get(end.half, (0, ""))[1]
            if closing == "reset" or before != "shutdown":
                self._closings[end.half] = event.number, closing
            if record.get("woken"):
                self._closers[end] = event.number

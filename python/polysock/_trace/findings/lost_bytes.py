"""partial-send: bytes that were never sent."""

from dataclasses import dataclass

from ..calls import CLOSES, MAY_TAKE_PART, RETURNS_WHAT_IS_THERE, SENDS
from ..model import Event
from ..words import counted, were
from .detector import Detector
from .finding import ERROR, NOTE, Finding
from .side import STOPS_SENDING


@dataclass
class Unsent:
    """The rest of a send that took only a part."""

    send: Event | None = None
    rest: int = 0
    sent_since: int = 0


class PartialSend(Detector):
    names = ("partial-send",)
    calls = SENDS | CLOSES | RETURNS_WHAT_IS_THERE | {"shutdown", ""}

    def see(self, event, side):
        if event.record.get("event") == "exit":
            return self._exits(event)
        if side is None or not event.call:
            return ()
        unsent = side.of(Unsent)
        if event.call in SENDS:
            self._send(event, unsent)
        elif unsent.send is not None:
            return self._other(event, side, unsent)
        return ()

    def _other(self, event, side, unsent):
        if "error" in event.record or event.is_end_of_stream:
            unsent.send = None  # the connection has failed or the peer has gone: the rest may be left on purpose
        elif self._is_last_chance(event, side):
            yield self._finding(unsent, event)
            unsent.send = None

    def _exits(self, event):
        """The program ended without a close, which the system then makes."""
        for side in self.sides.open():
            unsent = side.of(Unsent)
            send = unsent.send
            if send is None or send.lane.pid != event.lane.pid or send.lane.process != event.lane.process:
                continue
            is_last = all(copy.file is send.end.file for copy in side.copies)
            if is_last and side.shut_down is None and not self.sides.may_be_inherited(send):
                yield self._finding(unsent)
                unsent.send = None

    @staticmethod
    def _send(event, unsent):
        record = event.record
        count, asked = record.get("bytes", 0), record.get("asked", 0)
        if "error" in record:
            unsent.send = None  # the program has tried
        elif event.call in MAY_TAKE_PART and 0 < count < asked:
            unsent.send, unsent.rest, unsent.sent_since = event, asked - count, 0
        elif unsent.send is not None:
            unsent.sent_since += count
            if unsent.sent_since >= unsent.rest:
                unsent.send = None  # this may have been the rest

    def _is_last_chance(self, event, side):
        if event.call == "shutdown":
            return event.record.get("how") in STOPS_SENDING
        is_last = side.copies <= {event.end} and not self.sides.may_be_inherited(event)
        return event.call in CLOSES and is_last

    @staticmethod
    def _finding(unsent, *closes):
        send = unsent.send
        count, asked = send.record["bytes"], send.record["asked"]
        text = f"{send.call} took {count:,} of {asked:,} bytes, "
        if unsent.sent_since:
            never = unsent.rest - unsent.sent_since
            text += f"and only {counted(unsent.sent_since, 'byte')} {were(unsent.sent_since)} sent after that: "
            text += f"at least {never:,} never {were(never)}."
        else:
            text += f"and the other {unsent.rest:,} {were(unsent.rest)} never sent."
        advice = f"Use sendall, or send the rest: {send.call} returns how many bytes it took."
        # A program that does not block usually keeps the rest and waits for room, and may give up on purpose.
        severity = NOTE if send.record.get("timeout") == 0 else ERROR
        return Finding("partial-send", severity, text, advice, [send, *closes])

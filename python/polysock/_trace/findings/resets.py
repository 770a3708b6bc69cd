"""reset-by-unread and write-after-end: how connections are reset, and what is lost with them."""

from dataclasses import dataclass

from ..calls import CLOSES, RECEIVES, SENDS
from ..model import Event
from ..words import counted, time_text, were
from .detector import Detector
from .finding import ERROR, NOTE, WARNING, Finding
from .sockets import call_at

IS_RESET = frozenset({"ECONNRESET", "EPIPE"})


@dataclass
class Reset:
    """The close by which the other side, with input unread, has reset the connection."""

    close: Event | None = None
    sent: int = 0  # how many bytes the other side had sent
    seen: bool = False


class ResetByUnread(Detector):
    names = ("reset-by-unread",)
    calls = CLOSES | RECEIVES | SENDS

    def see(self, event, side):
        if side is None:
            return ()
        if event.record.get("error") in IS_RESET:
            return self._failed(event, side)
        return self._closed(event, side) if event.call in CLOSES else ()

    def _closed(self, event, side):
        record = event.record
        resets = record.get("unread") and "state" in record and event.call != "abort" and side.copies <= {event.end}
        if not resets:
            return
        other = side.other
        if other is not None:
            if other.closed is None:
                reset = other.of(Reset)
                reset.close, reset.sent = event, side.sent
        elif record["state"] == "ESTABLISHED" and not self.sides.may_be_inherited(event):
            text = (
                f"{call_at(event)} with {counted(record['unread'], 'byte')} unread reset the connection: the peer may "
            )
            text += "lose what it has not received yet."
            yield Finding("reset-by-unread", NOTE, text, self._advice(), [event])

    def _failed(self, event, side):
        reset = side.of(Reset)
        if reset.close is None:
            return
        close, reset.close, reset.seen = reset.close, None, True
        lost = reset.sent - side.received if event.call in RECEIVES else 0
        text = f"{call_at(close)} with {counted(close.record['unread'], 'byte')} unread reset the connection: "
        text += f"the peer's {call_at(event)} failed with {event.record['error']}"
        text += (
            f", and {lost:,} of the {counted(reset.sent, 'byte')} sent to it {were(lost)} lost." if lost > 0 else "."
        )
        # A failed send is a peer whose bytes were not wanted; a failed receive is one that should have got the end.
        severity = ERROR if lost > 0 else WARNING if event.call in RECEIVES else NOTE
        yield Finding("reset-by-unread", severity, text, self._advice(), [close, event])

    @staticmethod
    def _advice():
        text = "Before you close, receive until the end of the stream, or everything that the peer sends according to "
        return text + "the protocol."


@dataclass
class Reported:
    done: bool = False


class WriteAfterEnd(Detector):
    names = ("write-after-end",)
    calls = SENDS | RECEIVES

    def see(self, event, side):
        shows_it = event.record.get("error") in IS_RESET or not event.record.get("bytes")
        return self._look(event, side) if shows_it and side is not None else ()

    def _look(self, event, side):
        # When the peer has closed with input unread, that is what happened here.
        if side.of(Reported).done or side.of(Reset).seen:
            return
        if event.call in SENDS and event.record.get("error") == "EPIPE":
            finding = self._broken_pipe(event, side)
        elif self._was_sent_after_close(side) and self._shows_it(event, side.other.closed):
            finding = self._lost(event, side)
        else:
            return
        side.of(Reported).done = True
        yield finding

    @staticmethod
    def _broken_pipe(event, side):
        text, events = f"{event.call} failed with EPIPE: ", [event]
        if side.shut_down is not None:
            text += f"this end had ended its stream with shutdown {ago(side.shut_down, event)}"
            text += about_sigpipe(event)
            advice = "Send everything before shutdown(SHUT_WR)."
            return Finding("write-after-end", severity_of(event, WARNING), text, advice, [event, side.shut_down])
        close = side.other.closed if side.other is not None else None
        text += "the peer had closed"
        severity = NOTE
        if close is not None:
            text += f" {ago(close, event)}"
            events.append(close)
        if side.ended is not None:
            text += ", and this end had already received the end of its stream"
            events.append(side.ended)
            severity = WARNING
        text += about_sigpipe(event)
        advice = "Stop sending when a receive returns nothing, unless the protocol says that the peer still receives."
        return Finding("write-after-end", severity_of(event, severity), text, advice, events)

    def _was_sent_after_close(self, side):
        close = side.other.closed if side.other is not None else None
        if close is None or side.last_send is None or close.record.get("unread"):
            return False
        if self.sides.may_be_inherited(close) or side.other.received >= side.sent:
            return False
        if side.received > side.other.sent:
            return False  # a program that is not traced, or not yet, has the peer's socket and goes on with it
        if side.last_send.end.family == "AF_UNIX":
            return False  # nor would this send have succeeded without such a program
        if side.ended is not None and side.ended.moment <= side.last_send.moment:
            return False  # the peer might have ended only its half of the connection, and wait for this answer
        return side.last_send.moment > close.ended

    @staticmethod
    def _shows_it(event, close):
        """Whether the program finds that the close has ended the connection. An end for which it has to wait is that
        of a program that was started with the socket."""
        if event.record.get("error") in IS_RESET:
            return True
        has_to_wait = event.record.get("waited") and event.moment - event.duration > close.moment
        return event.is_end_of_stream and not has_to_wait

    @staticmethod
    def _lost(event, side):
        send, close = side.last_send, side.other.closed
        text = f"{send.call} of {counted(send.record['bytes'], 'byte')} succeeded, but the data was lost: the peer had "
        text += "closed "
        advice = "Let the protocol say which end closes first, and look for the end of the stream before you send."
        return Finding("write-after-end", NOTE, f"{text}{ago(close, send)}.", advice, [send, close, event])


def about_sigpipe(event):
    """What the record says about the signal. Polysock itself never raises it, and the system only for streams."""
    said = event.record.get("sigpipe")
    if said == "kills":
        return ". SIGPIPE killed the program."
    would_kill = said is None and event.end.type == "SOCK_STREAM"
    return ". In plain C, SIGPIPE would have killed the program." if would_kill else "."


def severity_of(event, otherwise):
    return ERROR if event.record.get("sigpipe") == "kills" else otherwise


def ago(earlier, later):
    return f"{time_text(max(later.moment - earlier.moment, 0))} earlier"

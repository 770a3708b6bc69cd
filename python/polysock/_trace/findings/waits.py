"""both-wait, no-half-close and both-send: connections on which neither end goes on."""

import math
from dataclasses import dataclass

from ..calls import RECEIVES, SENDS
from ..model import Event
from ..words import counted, time_text
from .detector import Detector
from .finding import ERROR, Finding
from .place import place_of

# A shorter wait is no proof that nothing was about to come.
LEAST_NS = 200_000_000
GAVE_UP = frozenset({"TimedOut", "Closed", "EINTR", "ECONNRESET"})
# A receive of a message of which only the beginning came.
INCOMPLETE = GAVE_UP | {"EndOfStream", "Truncated"}

NO_END_ADVICE = (
    "Each end that has sent its last byte should call shutdown(SHUT_WR): where one reads until the end of the stream, "
    "only the other can end it. Or let the protocol say how long a message is."
)


@dataclass
class Waiting:
    """A receive for which nothing came, and what its thread had done before."""

    event: Event | None = None
    after: Event | None = None  # the last successful receive, if nothing was sent since


class BothWait(Detector):
    names = ("both-wait", "no-half-close")
    calls = RECEIVES

    def see(self, event, side):
        if side is None:
            return ()
        side.of(Waiting).event = None
        error = event.record.get("error")
        if error in INCOMPLETE or has_timed_out(event) or (error is None and not event.record.get("bytes")):
            return self._wait_ended(event, side)
        return ()

    def wait(self, event, side):
        return self._wait_ended(event, side) if side is not None and event.call in RECEIVES else ()

    def _wait_ended(self, event, side):
        """A receive ended without anything. If that of the other side did too, at the same time, both have waited."""
        other = side.other
        waiting = side.of(Waiting)
        waiting.event = event
        if other is None or self._may_go_on(side) or self._may_go_on(other):
            return
        others = other.of(Waiting).event
        if others is None or not self._expected_something(event, side, others, other):
            return
        last_sent = max((one.last_send.moment for one in (side, other) if one.last_send is not None), default=0)
        waited = together(event, others, last_sent)
        if waited < least_together(event, others) or received(side, event) != other.sent:
            return
        if received(other, others) != side.sent:
            return
        waiting.event = other.of(Waiting).event = None
        yield self._finding(event, side, others, other, waited)

    @staticmethod
    def _may_go_on(side):
        """Whether the other side may yet get something: another thread or process could send, or the end was sent."""
        return side.shut_down is not None or len(side.lanes) > 1 or len(side.copies) > 1

    @staticmethod
    def _expected_something(event, side, others, other):
        """Whether one end waited for an answer, and not just until there would be something to do."""
        if has_timed_out(event) or has_timed_out(others):
            return True
        if not is_give_up(event, others):
            return False
        askers = [one for one in (side, other) if one.connected is not None] or [side, other]
        return any(waits_for_answer(one) for one in askers)

    @staticmethod
    def _finding(event, side, others, other, waited):
        waited = waited_text(waited)
        for reader, reads, writer, writes in ((side, event, other, others), (other, others, side, event)):
            if reads_until_the_end(reader, reads) and waits_for_answer(writer):
                text = f"{label(reads)} has received all {counted(reader.received, 'byte')} and reads on, while "
                text += f"{label(writes)} has sent them and waits for the answer: both waited {waited}."
                return Finding("no-half-close", ERROR, text, NO_END_ADVICE, [reads, writes, writer.last_send])
        text = f"Both ends waited for each other to send, {waited}: {done(event, side)}; {done(others, other)}."
        advice = "Let the protocol say whose turn it is, and how long each message is."
        return Finding("both-wait", ERROR, text, advice, [event, others])


@dataclass
class Sending:
    """A send for which there was no room for long."""

    event: Event | None = None


class BothSend(Detector):
    names = ("both-send",)
    calls = SENDS

    def see(self, event, side):
        if side is None or event.record.get("waited", 0) < LEAST_NS:
            return ()
        return self._waited(event, side)

    def wait(self, event, side):
        return self._waited(event, side) if side is not None and event.call in SENDS else ()

    @staticmethod
    def _waited(event, side):
        side.of(Sending).event = event
        other = side.other
        others = other.of(Sending).event if other is not None else None
        if others is None or not is_give_up(event, others):
            return
        if (side.receivers | other.receivers) - {event.lane, others.lane}:
            return  # another thread receives, perhaps slowly
        begin, ends = max(event.moment, others.moment), []
        for one in (event, others):
            if not one.is_waiting:
                ends.append(one.ended)
        waited = min(ends, default=math.inf) - begin
        if waited < LEAST_NS:
            return
        side.of(Sending).event = other.of(Sending).event = None
        both = f"{label(event)} and {label(others)}"
        text = f"Both ends waited to send, {waited_text(waited)}: {both} had each sent more "
        text += "than the other had room for, and neither received."
        advice = "Receive while you send: send in pieces and receive the answer to each, wait for both with poll or a "
        advice += "selector, or use a second thread."
        yield Finding("both-send", ERROR, text, advice, [event, others])


def reads_until_the_end(side, event):
    """Whether a receive goes on where the last one got something, in the same place of the program, without an answer;
    one that asks for less goes on with a message whose length it knows."""
    before = side.last_receive
    if before is None or event.call in ("recv_exact", "recv_frame") or before.call != event.call:
        return False
    if place_of(before) != place_of(event) or before.record.get("asked") != event.record.get("asked"):
        return False
    return side.last_send is None or side.last_send.moment < before.moment


def waits_for_answer(side):
    """Whether the last thing that moved on it is what it has sent."""
    sent, received = side.last_send, side.last_receive
    return sent is not None and (received is None or received.moment < sent.moment)


def is_give_up(*events):
    """Whether the wait of at least one has not simply ended because the other end did something."""
    return any(event.is_waiting or event.record.get("error") in GAVE_UP or has_timed_out(event) for event in events)


def has_timed_out(event):
    """Whether its time limit has passed; a plain C program that has set SO_RCVTIMEO or SO_SNDTIMEO gets EAGAIN."""
    error = event.record.get("error")
    return error == "TimedOut" or (error == "EAGAIN" and event.record.get("timeout", 0) > 0)


def together(one, other, begin):
    """For how long both waited at the same time, after a moment; of calls that never returned, it has no end."""
    ends = [event.moment for event in (one, other) if not event.is_waiting]
    return min(ends, default=math.inf) - max(begin, one.began, other.began)


def least_together(one, other):
    """For how long both must have waited at the same time. When one has no time limit, and the other waited long before
    it gave up, neither would have sent anything, however late the first began to wait on a busy machine."""
    is_without_end = any("timeout" not in event.record for event in (one, other))
    gave_up = [event for event in (one, other) if has_timed_out(event)]
    has_waited = all(event.duration >= LEAST_NS for event in gave_up)
    return 1 if is_without_end and gave_up and has_waited else LEAST_NS


def waited_text(waited):
    return "until the trace ended" if waited == math.inf else f"for {time_text(waited)}"


def received(side, event):
    """How many bytes a side has received, also with this call."""
    return max(side.received, event.record.get("offset", 0) + event.record.get("bytes", 0))


def label(event):
    return event.lane.label


def done(event, side):
    return f"{label(event)} had sent {counted(side.sent, 'byte')} and received {received(side, event):,}"

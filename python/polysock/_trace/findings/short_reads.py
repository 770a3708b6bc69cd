"""short-read: a receive got less than it asked for, and the program went on."""

from collections import deque
from dataclasses import dataclass, field

from ..calls import RECEIVES, RETURNS_WHAT_IS_THERE, SENDS
from ..model import Event
from .detector import Detector
from .finding import WARNING, Finding
from .place import place_of

# How many sends of the peer are remembered. A receive that asks for a message asks for one that is on its way.
MOST_ENDS = 256
# A program that receives into a buffer of such a size and also sends from one of that size copies streams, perhaps to a
# file: to it, what it received is no part of a message.
COPY_BUFFERS = range(4 << 10, (64 << 10) + 1)


@dataclass
class Messages:
    """Where in the stream the sends of this side have ended: probably its messages."""

    ends: deque = field(default_factory=lambda: deque(maxlen=MOST_ENDS))


@dataclass
class Short:
    """A receive that asked for bytes up to `end` of the stream and got fewer."""

    receive: Event | None = None
    end: int = 0
    is_message: bool = False  # the peer has sent a message that ends there: `asked` is not just a buffer's size
    went_on: Event | None = None  # the call that shows that the program did not receive the rest first


class ShortRead(Detector):
    names = ("short-read",)
    calls = SENDS | RECEIVES

    def __init__(self, trace, sides):
        super().__init__(trace, sides)
        self._received_last = {}  # by thread: what it received in its last call, if that was short

    def see(self, event, side):
        passed_on = self._received_last.pop(event.lane, None)
        if passed_on is not None and is_passed_on(passed_on.receive, event):
            passed_on.receive = None
        if side is None:
            return ()
        short = side.of(Short)
        if event.call in RECEIVES:
            self._received(event, side, short)
        elif event.record.get("bytes"):
            others = side.other.of(Short) if side.other is not None else None
            self._sent(event, side, short, others)
            if others is not None and others.went_on is not None and others.is_message:
                return [self._finding(others)]
        return [self._finding(short)] if short.went_on is not None and short.is_message else ()

    @staticmethod
    def _sent(event, side, short, others):
        count = event.record["bytes"]
        end = event.record.get("offset", 0) + count
        side.of(Messages).ends.append(end)
        if others is not None and others.receive is not None:
            others.is_message |= others.end == end
        if short.receive is None or short.went_on is not None:
            return
        asked = short.receive.record["asked"]
        copies = asked in COPY_BUFFERS and event.record.get("asked") == asked
        if copies or is_passed_on(short.receive, event):
            short.receive = None
        else:
            short.went_on = event

    @staticmethod
    def _finding(short):
        receive, went_on = short.receive, short.went_on
        short.receive, short.is_message, short.went_on = None, False, None
        count, asked = receive.record["bytes"], receive.record["asked"]
        text = (
            f"{receive.call}({asked:,}) got {count:,} of the {asked:,} bytes that the peer sent, and the program went "
        )
        text += f"on with {went_on.call} instead of receiving the other {asked - count:,}."
        advice = "A receive returns what has arrived. Receive until everything is there: in a loop, with recv_exact, "
        advice += "or with read(n) of a buffered file."
        return Finding("short-read", WARNING, text, advice, [receive, went_on])

    def _received(self, event, side, short):
        record = event.record
        if short.receive is not None and short.went_on is None:
            missing = short.receive.record["asked"] - short.receive.record["bytes"]
            here, before = place_of(event), place_of(short.receive)
            if here is None or here == before or record.get("asked") == missing:
                short.receive = None  # a loop, or a second receive for the rest
            else:
                short.went_on = event
        count, asked = record.get("bytes", 0), record.get("asked", 0)
        if short.receive is not None or event.call not in RETURNS_WHAT_IS_THERE or "flags" in record:
            return
        begin = record.get("offset", 0)
        ends = side.other.of(Messages).ends if side.other is not None else ()
        # A small message that came whole may be all that was wanted, of a large buffer.
        may_be_whole = begin + count in ends and count < asked - count
        if 0 < count < asked and not may_be_whole:
            short.receive, short.end, short.went_on = event, begin + asked, None
            short.is_message = short.end in ends
            self._received_last[event.lane] = short


def is_passed_on(receive, event):
    """Whether a program sends on what it has received, as it comes: mostly on another socket."""
    return receive is not None and event.call in SENDS and event.record.get("bytes") == receive.record["bytes"]

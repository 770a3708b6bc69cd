"""sticky and split: one receive held several messages, or a part of one, and was answered as if it were one.

TCP does not say where a message ends, and neither does a trace. What shows it is the answer: one send for one receive
that held one send of the peer is how the program treats a message, and the size of the answer tells whether it did the
same with a receive that held something else.
"""

from dataclasses import dataclass, field

from ..calls import CLOSES, RECEIVES, RETURNS_WHAT_IS_THERE, SENDS
from ..model import Event
from ..words import counted
from .detector import Detector
from .finding import NOTE, Finding
from .place import place_of

# This many receives that held one send must have been answered alike.
LEAST_ALIKE = 2
# The number of places in programs for which it is remembered how they answer.
MOST_PLACES = 1000
MOST_PENDING = 4

ADVICE = (
    "TCP carries a stream of bytes without boundaries: let each message say where it ends, by its length or a "
    "delimiter, collect what arrives, and take whole messages from it."
)


@dataclass
class Exchange:
    """What one side has received since its last answer, and its answers to that."""

    receives: list[Event] = field(default_factory=list)
    answers: list[Event] = field(default_factory=list)
    parts: "Parts | None" = None  # of a message that was received in parts, so far


@dataclass
class Parts:
    """Receives of one message in parts, each of which was answered."""

    first: Event
    first_answer: Event
    last: Event
    count: int = 1
    are_full: bool = True  # each receive got what it asked for


@dataclass
class Habit:
    """How a place in a program answers a receive that held one whole send."""

    count: int = 0
    size: int | None = None  # of the answers, if all are equal
    added: int | None = None  # by how much the answers are longer than the requests, if that is always the same
    ending: str = ""  # with which line feeds all requests end
    pending: list[tuple[Event, Event]] = field(default_factory=list)  # judged when the habit is known

    def learn(self, request, answer):
        size, added, ending = sent(answer), sent(answer) - sent(request), line_ending(request.record)
        if self.count == 0:
            self.size, self.added, self.ending = size, added, ending
        self.size = size if size == self.size else None
        self.added = added if added == self.added else None
        if not ending.endswith(self.ending):
            self.ending = ending if self.ending.endswith(ending) else ""
        self.count += 1

    def fits(self, request_size, answer_size):
        """Whether an answer is one to a single message of this size."""
        if self.added == 0:
            return False  # passes on what it gets, in pieces of any size
        return answer_size == self.size or answer_size - request_size == self.added


class StickyAndSplit(Detector):
    names = ("sticky", "split")
    calls = SENDS | RECEIVES | CLOSES

    def __init__(self, trace, sides):
        super().__init__(trace, sides)
        self._habits = {}

    def see(self, event, side):
        if side is None:
            return ()
        exchange = side.of(Exchange)
        if event.call in SENDS:
            if sent(event) and len(exchange.answers) < 2:
                exchange.answers.append(event)
            return ()
        found, is_data = (), event.call in RECEIVES and sent(event)
        if exchange.answers and (is_data or event.call in CLOSES or event.is_end_of_stream):
            found = list(self._judge(exchange))
            exchange.receives.clear()
            exchange.answers.clear()
        if is_data and len(exchange.receives) < 2:
            exchange.receives.append(event)
        return found

    def _judge(self, exchange):
        if len(exchange.receives) != 1 or len(exchange.answers) != 1:
            exchange.parts = None
            return
        (receive,), (answer,) = exchange.receives, exchange.answers
        parts, exchange.parts = exchange.parts, None
        if not receive.arrows:
            return
        if parts is not None and belongs_to(parts, receive, answer):
            parts.last, parts.count, parts.are_full = receive, parts.count + 1, parts.are_full and is_full(receive)
            if parts.are_full:
                exchange.parts = parts  # perhaps records of a fixed size, several of which were sent at once
            else:
                yield self._split(parts, answer)
        whole = all(arrow.bytes == sent(arrow.source) for arrow in receive.arrows)
        if whole and len(receive.arrows) == 1:
            yield from self._learned(receive, answer)
        elif whole:
            yield from self._several(receive, answer)
        elif len(receive.arrows) == 1 and begins_message(receive) and sent(answer) != sent(receive):
            exchange.parts = Parts(receive, answer, receive, are_full=is_full(receive))

    def _habit(self, receive):
        key = receive.lane.pid, place_of(receive) or (receive.call, receive.record.get("asked"))
        habit = self._habits.get(key)
        if habit is None:
            habit = Habit()
            if len(self._habits) < MOST_PLACES:
                self._habits[key] = habit
        return habit

    def _learned(self, receive, answer):
        habit = self._habit(receive)
        habit.learn(receive, answer)
        if habit.count == LEAST_ALIKE:
            pending, habit.pending = habit.pending, []
            for earlier in pending:
                yield from self._sticky(*earlier, habit)

    def _several(self, receive, answer):
        habit = self._habit(receive)
        if habit.count >= LEAST_ALIKE:
            yield from self._sticky(receive, answer, habit)
        elif len(habit.pending) < MOST_PENDING:
            habit.pending.append((receive, answer))

    @staticmethod
    def _sticky(receive, answer, habit):
        sources = [arrow.source for arrow in receive.arrows]
        alike = all(line_ending(source.record).endswith(habit.ending) for source in sources)
        if not alike or not habit.fits(sent(receive), sent(answer)):
            return
        sizes = " + ".join(f"{sent(source):,}" for source in sources[:4]) + (" + …" if len(sources) > 4 else "")
        text = f"{receive.call} returned what the peer had sent with {len(sources)} calls ({sizes} bytes), and the "
        text += f"program answered once, with {counted(sent(answer), 'byte')}, as it answers a single message here."
        yield Finding("sticky", NOTE, text, ADVICE, [receive, answer, *sources[:4]])

    @staticmethod
    def _split(parts, answer):
        source = parts.first.arrows[0].source
        if parts.count == 2:
            how = f"in parts, of {counted(sent(parts.first), 'byte')} and {counted(sent(parts.last), 'byte')},"
        else:
            how = f"in {parts.count:,} parts,"
        text = f"A message of {sent(source):,} bytes was received {how} and the program answered each as if it were a "
        text += "whole message."
        return Finding("split", NOTE, text, ADVICE, [parts.first, parts.last, parts.first_answer, answer, source])


def belongs_to(parts, receive, answer):
    """Whether a receive got the next part of a message, and was answered like the first."""
    arrow, before = receive.arrows[0], parts.last.arrows[0]
    if len(receive.arrows) != 1 or arrow.source is not before.source or arrow.first != before.after:
        return False
    habit = Habit()
    habit.learn(parts.first, parts.first_answer)
    return habit.fits(sent(receive), sent(answer))


def is_full(receive):
    return sent(receive) == receive.record.get("asked")


def begins_message(receive):
    """Whether a receive got the beginning of a send that looks like one message, and did not ask for all of it."""
    (arrow,) = receive.arrows
    source = arrow.source
    if arrow.first != source.record.get("offset", 0):
        return False
    if receive.call not in RETURNS_WHAT_IS_THERE or receive.record.get("asked") == sent(source):
        return False  # a message of known size: that is a short read
    text = source.record.get("data", "")
    return "\n" not in text.rstrip("\r\n")


def sent(event):
    return event.record.get("bytes", 0)


def line_ending(record):
    """The line feeds with which recorded bytes end; nothing if not all were recorded."""
    text = record.get("data", "")
    return text[len(text.rstrip("\r\n")) :] if len(text) == record.get("bytes") else ""

"""The arrows and notes of a diagram."""

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from ..calls import RECEIVES, SENDS
from ..words import describe
from .columns import Column, Columns
from .order import causal_order

# Worth a word from here on; it is rounded, so that it is the same in the next run.
LONG_DELAY_NS = 30_000_000
MOST_PAYLOAD = 32
# From here on the system chooses ports.
FIRST_CHOSEN_PORT = 32768

_PORT = re.compile(r"(?<=[\d\]]:)\d{5}\b")


@dataclass
class Step:
    """An arrow from one column to another, or a note beside a column (`target` is None). `kind` is of an arrow: "data",
    "connect", "end" (of the stream), "reset", "unread" (never received), or "segment"."""

    column: Column
    lines: list
    target: Column | None = None
    kind: str = ""
    is_error: bool = False
    times: int = 1

    @property
    def key(self):
        return self.column, self.target, self.kind, *self.lines

    @property
    def shape(self):
        """What is the same in a step that does the same with other bytes: all but numbers and payloads."""
        text = re.sub(r'"(\\.|[^"\\])*"…?', '""', "\n".join(self.lines))
        return self.column, self.target, self.kind, re.sub(r"\d[\d,.]*", "0", text)


def steps_of(trace, story):
    """(columns, steps)."""
    columns = Columns(trace, story)
    events = causal_order(story.events, story.causes | story.after)
    of, receivers = {}, {}
    for event in events:
        if event.segment is None:
            of[event.number] = columns.of(event)
        else:
            of[event.number], receivers[event.number] = columns.of_segment(event)
    effects = {}
    for event in events:
        for cause in story.causes.get(event.number, ()):
            if cause in of:
                effects.setdefault(cause, []).append(event)
    words, steps, drawn = Words(), [], set()
    for event, following in pairwise([*events, None]):
        if event.number in drawn:
            continue
        if event.segment is not None:
            here, target = of[event.number], receivers[event.number]
            steps.append(
                Step(here, [words.of(event)], target if target is not here else None, "segment", is_error(event))
            )
            continue
        caused, here = effects.get(event.number, []), of[event.number]
        if caused == [following] and is_only_cause(event, following, story) and of[following.number] is not here:
            text = f"{words.beginning(event)} → {words.of(following)}"
            steps.append(Step(here, [text], of[following.number], kind_of(event, following), is_error(following)))
            drawn.add(following.number)
            continue
        targets = dict.fromkeys(of[other.number] for other in caused if of[other.number] is not here)
        if targets:
            steps += [
                Step(here, [words.of(event)], target, kind_of(event, caused[0]), is_error(event)) for target in targets
            ]
        elif is_from_outside(event):
            ends = (here, columns.outside()) if event.call in SENDS else (columns.outside(), here)
            steps.append(Step(ends[0], [words.of(event)], ends[1], "data", is_error(event)))
        elif event.call in SENDS and event.record.get("bytes") and columns.of_peer(event) not in (None, here):
            steps.append(Step(here, [words.of(event)], columns.of_peer(event), "unread", is_error(event)))
        else:
            steps.append(Step(here, [words.of(event)], is_error=is_error(event)))
    return columns.in_order(), steps


def is_from_outside(event):
    """Whether bytes went to a peer that is not traced, or came from one."""
    record = event.record
    has_peer = event.end is not None and (event.end.peer or record.get("to") or record.get("from"))
    return bool(event.is_outside and has_peer and event.call in SENDS | RECEIVES and "bytes" in record)


def is_only_cause(event, following, story):
    return set(story.causes[following.number]) == {event.number}


def kind_of(event, effect):
    if event.call in SENDS:
        return "data"
    if event.call == "connect":
        return "connect"
    return "reset" if "error" in effect.record and not effect.is_end_of_stream else "end"


def is_error(event):
    if event.segment is not None:
        return event.segment.is_problem
    return "error" in event.record and event.record["error"] not in ("EAGAIN", "EINPROGRESS")


def delay_of(event):
    """How long a receive waited for bytes that had been sent, if that is long."""
    if not event.arrows:
        return 0
    delay = min(event.record.get("waited", 0), event.moment - event.arrows[-1].source.moment)
    return delay if delay >= LONG_DELAY_NS else 0


def is_text(data):
    """Whether a payload says anything to a reader."""
    return sum(character.isprintable() and character.isascii() for character in data) * 2 >= len(data)


class Words:
    """The text of events, without what differs from run to run."""

    unwanted = frozenset({"state", "waited"})

    def __init__(self):
        self._ports = {}

    def of(self, event):
        if event.segment is not None:
            return self._named(describe(event))
        if event.call == "drop" or (event.call == "close" and event.end is not None and event.end.is_listener):
            return f"{event.call} (listening)" if event.end.is_listener else event.call
        return self._named(describe(self._steady(event), MOST_PAYLOAD))

    def beginning(self, event):
        """Of a call whose effect follows, which says the rest."""
        return self._named(describe(self._steady(event, {"bytes", "data", "asked", "unread"})))

    def _steady(self, event, unwanted=frozenset()):
        record = {name: value for name, value in event.record.items() if name not in self.unwanted | unwanted}
        if not is_text(record.get("data", "")):
            del record["data"]
        if delay := delay_of(event):
            unit = 10 ** (len(str(delay)) - 1)
            record["waited"] = round(delay / unit) * unit
        return replace(event, record=record)

    def _named(self, text):
        """Ports that the system chose have names."""
        text = re.sub(r"(?<=\d)\.0(?= m?s)", "", text)
        return _PORT.sub(lambda match: self._port(match[0]), text)

    def _port(self, port):
        if int(port) < FIRST_CHOSEN_PORT:
            return port
        number = self._ports.setdefault(port, len(self._ports) + 1)
        return "PORT" if number == 1 else f"PORT{number}"

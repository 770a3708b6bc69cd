"""The terminal view: time downward, a column for each thread, and arrows to where bytes arrived; or, if the columns
would be wider than the terminal, one column in which each line names its thread."""

from .findings import find
from .findings.report import in_place, summary
from .words import describe, harmless, is_quiet, time_text

TIME_WIDTH = 12
LEAST_COLUMN = 30
MOST_NAME = 40
GAP = 2

RESET = "\x1b[0m"
RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, DIM, BOLD = (f"\x1b[{code}m" for code in (31, 32, 33, 34, 35, 36, 2, 1))
LANE_COLOURS = (CYAN, GREEN, MAGENTA, YELLOW, BLUE)


class Timeline:
    """Makes the lines for the events of a trace."""

    def __init__(self, lanes, outside, width, colours=False):
        self._lanes = list(lanes)
        self._places = {lane: place for place, lane in enumerate(self._lanes)}
        self._outside = outside
        self._colours = colours
        self._width = width
        self._arrange()

    def _arrange(self):
        count = max(len(self._lanes), 1)
        room = (self._width - TIME_WIDTH) // count - GAP
        self.column = max(room, LEAST_COLUMN)
        self.is_wide = room >= LEAST_COLUMN or count == 1
        self._name_width = min(max((len(harmless(lane.label)) for lane in self._lanes), default=0), MOST_NAME)
        self._empty = "│".ljust(self.column + GAP)

    def header(self):
        """The names of the columns; how to get columns if there are none."""
        if not self.is_wide:
            width = TIME_WIDTH + len(self._lanes) * (LEAST_COLUMN + GAP)
            return [f"{len(self._lanes):,} threads; --width {width} shows them side by side", ""]
        names = " " * TIME_WIDTH
        for lane in self._lanes:
            name = fit(harmless(lane.label), self.column)
            names += self._colour(BOLD + self._lane_colour(lane), name) + " " * (self.column - len(name) + GAP)
        rules = " " * TIME_WIDTH + (("─" * self.column) + " " * GAP) * len(self._lanes)
        return [names.rstrip(), rules.rstrip()]

    def note_lane(self, lane):
        """Makes a column for a lane that was not known before; returns whether the columns have changed."""
        if lane in self._places:
            return False
        self._places[lane] = len(self._lanes)
        self._lanes.append(lane)
        was_wide = self.is_wide
        self._arrange()
        return was_wide

    def line(self, event):
        """The line of an event."""
        if not self.is_wide:
            return self._line_with_name(event)
        if event.segment is not None:
            return self._segment_line(event)
        at = self._places[event.lane]
        text = describe(event)
        latency = self._latency(event)
        if latency:
            text += f" {latency}"
        line = f"{seconds(event.moment):>{TIME_WIDTH - 2}}  "
        sources = {self._places[arrow.source.lane] for arrow in event.arrows} - {at}
        left, right = min([at, *sources]), max([at, *sources])
        return self._paint(line, left, self._cells(left, right, at, text, sources), event, at)

    def _line_with_name(self, event):
        """The line of an event that names its thread, and those that its bytes come from or go to."""
        text, segment = describe(event), event.segment
        if segment is not None and segment.to_lane not in (None, event.lane):
            text += f" ▶ {self._name(segment.to_lane)}"
        if latency := self._latency(event):
            text += f" {latency}"
        others = dict.fromkeys(arrow.source.lane for arrow in event.arrows if arrow.source.lane is not event.lane)
        if others:
            text += f" ◀ {', '.join(map(self._name, others))}"
        name = self._name(event.lane).ljust(self._name_width)
        line = f"{seconds(event.moment):>{TIME_WIDTH - 2}}  "
        text = fit(text, max(self._width - len(line) - len(name) - GAP, LEAST_COLUMN))
        if self._colours:
            line, name = DIM + line + RESET, self._lane_colour(event.lane) + name + RESET
            text = self._event_colour(event) + text + RESET
        return f"{line}{name}{' ' * GAP}{text}"

    @staticmethod
    def _name(lane):
        return fit(harmless(lane.label), MOST_NAME)

    def _cells(self, left, right, at, text, sources):
        """The columns from `left` to `right`: where the event is, its text, and the arrows that come from `sources`."""
        width, last = self.column, len(self._lanes) - 1
        drawn = []
        for place in range(left, right + 1):
            room = width + (GAP if place < last else 0)
            if place == at:
                most = room if place < last else max(width, self._width - TIME_WIDTH - place * (width + GAP))
                shown = fit(("▶ " if left < at else "") + text, most - (2 if right > at else 0))
                if right > at:
                    shown += " ◀"
                    drawn.append(shown + "─" * max(room - len(shown), 0))
                else:
                    drawn.append(shown.ljust(room))
            elif place < at:
                begin = "╰" if place in sources else "─"
                drawn.append(begin + "─" * (room - 1))
            else:
                begin = "╯" if place == right else ("┴" if place in sources else "─")
                drawn.append((begin if place == right else begin + "─" * (room - 1)).ljust(room))
        return drawn

    def _segment_line(self, event):
        """The line of a segment: its text in the sender's column, and a broken arrow to the receiver's."""
        at = self._places[event.lane]
        to = self._places.get(event.segment.to_lane, at)
        width, last = self.column, len(self._lanes) - 1
        drawn = []
        for place in range(min(at, to), max(at, to) + 1):
            room = width + (GAP if place < last else 0)
            cell = "│"
            if place == at:
                most = room if place < last else max(width, self._width - TIME_WIDTH - place * (width + GAP))
                cell = f"╌ {fit(describe(event), most - 4)} ".ljust(room, "╌" if to > at else " ")
            elif place == to < at:
                cell = "│◀".ljust(room, "╌")
            elif place != to:
                cell = "╌" * room
            if at <= place == to - 1:
                cell = cell[:-1] + "▶"
            drawn.append(cell.ljust(room))
        return self._paint(f"{seconds(event.moment):>{TIME_WIDTH - 2}}  ", min(at, to), drawn, event, at)

    def _paint(self, line, left, drawn, event, at):
        """The whole line, of which `drawn` are the columns from `left` on."""
        line += self._empty * left
        rest = self._empty * (len(self._lanes) - left - len(drawn))
        if not self._colours:
            return (line + "".join(drawn) + rest).rstrip()
        here = at - left
        before, after = "".join(drawn[:here]), "".join(drawn[here + 1 :])
        return f"{DIM}{line}{before}{RESET}{self._event_colour(event)}{drawn[here]}{RESET}{DIM}{after}{rest}{RESET}"

    def _event_colour(self, event):
        record = event.record
        if event.segment is not None:
            return _segment_colour(event.segment)
        if record.get("error", "EAGAIN") not in ("EAGAIN", "EINPROGRESS") or event.lost:
            return RED
        if event.is_waiting:
            return YELLOW
        return self._lane_colour(event.lane)

    def _lane_colour(self, lane):
        return LANE_COLOURS[lane.number % len(LANE_COLOURS)]

    def _colour(self, colour, text):
        return colour + text + RESET if self._colours else text

    @staticmethod
    def _latency(event):
        """How long the last bytes were on their way: from the beginning of their send to the end of the receive."""
        if not event.arrows or event.arrows[-1].source.lane is event.lane:
            return ""
        return f"+{time_text(max(event.moment - event.arrows[-1].source.moment, 0))}"


def _segment_colour(segment):
    if segment.is_problem:
        return RED
    return YELLOW if segment.notes else DIM


def seconds(moment):
    return f"{moment / 1_000_000_000:.6f}"


def fit(text, width):
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def show(trace, write, width, colours, everything=False, wanted=None):
    """Writes the whole timeline, with what is found in it; returns the findings."""
    trace.survey()
    # They are known only when the trace has been read; each is shown at the event that it is about.
    findings = find(trace, wanted)
    timeline = Timeline(trace.lanes, trace.outside, width, colours)
    for line in timeline.header():
        write(line)
    for event in trace.events(sockets=True):
        found = findings.at(event)
        is_call = event.record.get("event") != "socket"
        if is_call and (found or everything or not is_quiet(event)):
            write(timeline.line(event))
        for finding in found:
            for line in in_place(finding, width, colours):
                write(line)
    for line in summary(findings, width, colours):
        write(line)
    return findings

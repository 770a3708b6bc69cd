"""How many times as fast one side is as the other: a line from 1 to that for each row, on a logarithmic axis."""

from dataclasses import dataclass, field

from .frame import MARGIN, WIDTH, Frame
from .svg import Log, digits, times

LEFT, ROW = 290, 22
NAMES, OTHER, OURS, TIMES = 632, 688, 750, WIDTH - MARGIN  # where the cells end
APART = 34  # pixels between the numbers of the axis


@dataclass
class Row:
    label: str
    #: Medians, and the quartiles of ours: times, so that fewer is better.
    other: float
    ours: float
    quartiles: tuple
    overlap: bool
    #: What the two cells say, what the other side is if that differs from row to row, and what the system calls take.
    other_shown: str = ""
    ours_shown: str = ""
    other_name: str = ""
    floor: float | None = None

    @property
    def times(self):
        return self.other / self.ours

    @property
    def kind(self):
        if self.overlap or digits(self.times) == "1.00":
            return "same"
        return "ours" if self.times > 1 else "slower"


@dataclass
class Section:
    heading: str
    rows: list = field(default_factory=list)


def draw(title, explained, sections, headings, below):
    """`headings` of the two columns of numbers; `below` are lines under the figure: how and where it was measured."""
    rows = [row for section in sections for row in section.rows]
    frame = Frame(title, explained)
    entries = [("ours", "polysock is faster"), ("same", "no difference: the quartiles overlap")]
    entries += [("slower", "polysock is slower")]
    frame.legend(entries + [("floor", "the system calls alone")] * any(row.floor for row in rows))
    axis = Log(*reach(rows), LEFT, 560 if any(row.other_name for row in rows) else 620)
    frame.y += 18
    scale(frame, axis, headings, sum(ROW * len(section.rows) + 30 * bool(section.heading) for section in sections))
    frame.y += 8
    for section in sections:
        frame.heading(section.heading)
        for row in section.rows:
            show(frame.drawing, axis, frame.y + ROW / 2, row)
            frame.y += ROW
    return frame.finished(below)


def reach(rows):
    """From where to where the axis goes: somewhat further than the rows, and never less than from 0.8 to 1.25."""
    values = [row.times for row in rows] + [row.other / row.floor for row in rows if row.floor]
    values += [row.other / each for row in rows for each in row.quartiles]
    return min(0.8, *(value * 0.93 for value in values)), max(1.25, *(value * 1.08 for value in values))


def scale(frame, axis, headings, height):
    drawing, y = frame.drawing, frame.y
    for x, words in zip((OTHER, OURS, TIMES), (*headings, "times as fast"), strict=True):
        drawing.text(x, y, words, "dim", "end", 11)
    for tick in axis.ticks(APART):
        kind, width = ("axis", 1.5) if tick == 1 else ("grid", 1)
        drawing.text(axis(tick), y, times(f"{tick:g}"), "ink" if tick == 1 else "dim", "middle", 11, bold=tick == 1)
        drawing.line(axis(tick), y + 8, axis(tick), y + 8 + height, kind, width)


def show(drawing, axis, y, row):
    at = axis(row.times)
    drawing.text(MARGIN, y + 4, row.label)
    drawing.line(axis(1), y, at, y, row.kind, 3)
    if row.floor:
        floor = axis(row.other / row.floor)
        drawing.line(floor, y - 7, floor, y + 7, "floor", 2.5)
    slow, fast = (axis(row.other / each) for each in row.quartiles)
    drawing.line(slow, y, fast, y, row.kind, 1.2)
    drawing.dot(at, y, row.kind)
    drawing.text(NAMES, y + 4, row.other_name, "dim", "end")
    drawing.text(OTHER, y + 4, row.other_shown, "dim", "end")
    drawing.text(OURS, y + 4, row.ours_shown, "ink", "end")
    text = "ink" if row.kind == "same" else row.kind
    drawing.text(TIMES, y + 4, times(digits(row.times)), text, "end", bold=row.kind != "same")

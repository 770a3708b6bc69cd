"""How something grows: lines on two logarithmic axes, each with its name at its end, in panels beside each other."""

import re
from dataclasses import dataclass

from .frame import MARGIN, WIDTH, Frame
from .svg import Log, count

HEIGHT, AXIS, NAMES, LINE = 230, 58, 126, 13


@dataclass
class Curve:
    name: str
    #: (x, y) pairs; both above zero.
    points: list
    kind: str = "ours"
    dashes: str = ""


@dataclass
class Panel:
    title: str
    curves: list
    #: How a number on the vertical axis is written.
    shown: object
    along: str = "connections"


def draw(title, explained, panels, below, across=2):
    """`across`: how many panels are beside each other."""
    frame = Frame(title, explained)
    width = (WIDTH - 2 * MARGIN) / across
    for first in range(0, len(panels), across):
        for number, each in enumerate(panels[first : first + across]):
            panel(frame.drawing, MARGIN + number * width, frame.y + 20, width, each)
        frame.y += HEIGHT + 84
    return frame.finished(below)


def panel(drawing, x, y, width, what):
    points = [point for curve in what.curves for point in curve.points]
    left, right = x + AXIS, x + width - NAMES
    along = Log(*spread([point[0] for point in points], 1.0), left, right)
    up = Log(*spread([point[1] for point in points], 1.25), y + 12 + HEIGHT, y + 12)
    drawing.text(x, y, what.title, bold=True)
    for tick in along.ticks(36):
        drawing.line(along(tick), up.end, along(tick), up.start, "grid")
        drawing.text(along(tick), up.start + 16, count(tick), "dim", "middle", 11)
    for tick in up.ticks(22):
        drawing.line(left, up(tick), right, up(tick), "grid")
        drawing.text(left - 7, up(tick) + 4, short(what.shown(tick)), "dim", "end", 11)
    drawing.line(left, up.start, right, up.start, "axis")
    drawing.text((left + right) / 2, up.start + 33, what.along, "dim", "middle", 11)
    for curve in what.curves:
        places = [(along(a), up(b)) for a, b in curve.points]
        drawing.path(places, curve.kind, 2.6 if curve.kind == "ours" else 1.7, curve.dashes)
        for place in places:
            drawing.dot(*place, curve.kind, 3.4 if curve.kind == "ours" else 2.6)
    names(drawing, right + 8, what.curves, up)


def short(text):
    """`5.00 ms` as `5 ms`."""
    return re.sub(r"\.0+(?=\D|$)", "", text)


def spread(values, more):
    low, high = min(values), max(values)
    return low / more, high * more if high * more > low / more else low * 10


def names(drawing, x, curves, up):
    """The names at the ends of their lines, moved apart where they would overlap."""
    wanted = sorted((up(curve.points[-1][1]), curve.name, curve.kind) for curve in curves)
    places = []
    for place, _, _ in wanted:
        places.append(max(place, places[-1] + LINE) if places else place)
    if places and places[-1] > up.start:  # too far down: push upwards from below
        places[-1] = up.start
        for at in range(len(places) - 2, -1, -1):
            places[at] = min(places[at], places[at + 1] - LINE)
    for y, (_, name, kind) in zip(places, wanted, strict=True):
        drawing.text(x, y + 4, name, kind, size=11, bold=kind == "ours")

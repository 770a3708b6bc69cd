"""What the figures are drawn with: shapes, two colour schemes, and numbers as a person reads them."""

import itertools
import math
from html import escape

#: For each class of shape: its colours on a light and on a dark page.
COLOURS = {
    "page": ("#ffffff", "#0d1117"),
    "frame": ("#d1d9e0", "#3d444d"),
    "ink": ("#1f2328", "#f0f6fc"),
    "dim": ("#59636e", "#9198a1"),
    "grid": ("#e4e8ec", "#262c36"),
    "axis": ("#6e7781", "#7d8590"),
    "ours": ("#0969da", "#4493f8"),
    "same": ("#8c959f", "#8b949e"),
    "slower": ("#cf4a00", "#f0883e"),
    "floor": ("#1a7f37", "#3fb950"),
    "peer1": ("#b35900", "#f0a04b"),
    "peer2": ("#1a7f37", "#3fb950"),
    "peer3": ("#8250df", "#b58cf5"),
    "peer4": ("#bf3989", "#f778ba"),
    "peer5": ("#59636e", "#9198a1"),
    "peer6": ("#0e7c86", "#39c5cf"),
    "peer7": ("#7d4e00", "#d4a72c"),
}
FONT = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', Helvetica, Arial, sans-serif"


class Drawing:
    """Shapes are written in the order in which they were added. Dark pages get their colours from a media query."""

    def __init__(self, width, title):
        self.width, self.height, self.title = width, 0, title
        self.shapes, self.texts = [], []

    def text(self, x, y, words, kind="ink", anchor="start", size=12, bold=False, italic=False):
        style = f' font-size="{size}"' + ' font-weight="600"' * bold + ' font-style="italic"' * italic
        style += f' text-anchor="{anchor}"' * (anchor != "start")
        start = x - {"start": 0, "middle": 0.5, "end": 1}[anchor] * text_width(words, size)
        self.texts.append((start, start + text_width(words, size), y, size, words))
        # What is in backticks is typed as it stands.
        parts = [
            f'<tspan font-family="ui-monospace, monospace">{escape(part)}</tspan>' if code else escape(part)
            for code, part in zip(itertools.cycle((False, True)), words.split("`"), strict=False)
        ]
        self.shapes.append(f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}"{style}>{"".join(parts)}</text>')

    def line(self, x1, y1, x2, y2, kind, width=1.0, dashes=""):
        style = f' stroke-dasharray="{dashes}"' if dashes else ""
        place = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
        self.shapes.append(f'<line class="{kind}-line" {place} stroke-width="{width}"{style}/>')

    def path(self, points, kind, width=2.0, dashes=""):
        style = f' stroke-dasharray="{dashes}"' if dashes else ""
        place = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.shapes.append(
            f'<polyline class="{kind}-line" fill="none" points="{place}" stroke-width="{width}"{style}/>'
        )

    def dot(self, x, y, kind, radius=5.0):
        self.shapes.append(f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>')

    def box(self, x, y, width, height, kind, round_corners=0):
        place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
        self.shapes.append(f'<rect class="{kind}" {place} rx="{round_corners}"/>')

    def svg(self, scheme="both"):
        """The file; `scheme` "light" or "dark" fixes the colours, for programs that know no media queries."""
        styles = rules(1 if scheme == "dark" else 0)
        if scheme == "both":
            styles += f"@media (prefers-color-scheme: dark) {{{rules(1)}}}"
        inner = f'x="0.5" y="0.5" width="{self.width - 1}" height="{self.height - 1:.0f}" rx="6"'
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height:.0f}" '
                f'viewBox="0 0 {self.width} {self.height:.0f}" font-family="{FONT}" role="img">',
                f"<title>{escape(self.title)}</title>",
                f"<style>{styles}</style>",
                f'<rect class="page frame-line" {inner}/>',
                *self.shapes,
                "</svg>",
                "",
            ]
        )


def rules(scheme):
    return "".join(
        f".{kind}{{fill:{colours[scheme]}}}.{kind}-line{{stroke:{colours[scheme]}}}"
        for kind, colours in COLOURS.items()
    )


class Log:
    """A logarithmic axis from `low` to `high`, drawn from `start` to `end`."""

    def __init__(self, low, high, start, end):
        self.low, self.high, self.start, self.end = low, high, start, end

    def __call__(self, value):
        value = min(max(value, self.low), self.high)
        return self.start + math.log(value / self.low) / math.log(self.high / self.low) * (self.end - self.start)

    def ticks(self, apart):
        """Round values with at least this much space between them: each power of ten, or 1, 2 and 5 times those …"""
        if self.high / self.low < 6:
            return self.near_ticks(apart)
        powers = [10.0**n for n in range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)]
        for factors in ((1, 2, 5), (1, 3), (1,)):
            ticks = [power * factor for power in powers for factor in factors]
            ticks = [tick for tick in ticks if self.low * 0.999 <= tick <= self.high * 1.001]
            if all(abs(self(b) - self(a)) >= apart for a, b in itertools.pairwise(ticks)):
                return ticks
        return ticks

    def near_ticks(self, apart):
        """… and less round ones, the roundest first, if the axis is shorter than a power of ten."""
        middle = 10.0 ** math.floor(math.log10(self.high))
        ticks = []
        for factor in (1, 0.5, 2, 5, 0.2, 1.5, 0.8, 1.2, 3, 0.7, 0.6, 0.9, 1.1, 0.3, 0.4, 4, 7):
            tick = middle * factor
            if self.low <= tick <= self.high and all(abs(self(tick) - self(other)) >= apart for other in ticks):
                ticks.append(tick)
        return sorted(ticks)


def text_width(words, size=12):
    """Roughly, in the widest of the fonts."""
    return 0.575 * size * len(words)


def times(value):
    return f"{value}\u00d7"


def with_unit(value, units):
    """Three digits at most, in the largest unit that leaves something before the point."""
    size, unit = next((size, unit) for size, unit in units if value >= 0.9995 * size or size == units[-1][0])
    return f"{digits(value / size)} {unit}".rstrip()


def digits(value):
    if value >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def duration(ns):
    return with_unit(ns, [(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1, "ns")])


def count(value):
    """`50,000` as `50 k`."""
    if value < 1000:
        return f"{value:g}"
    size, letter = (1e6, "M") if value >= 1e6 else (1e3, "k")
    return f"{value / size:g} {letter}"


def rate(value):
    return with_unit(value, [(1e6, "M"), (1e3, "k"), (1, "")])


def size(value):
    return with_unit(value, [(1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B")])

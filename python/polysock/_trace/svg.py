"""The trace as an SVG sequence diagram, light or dark as the reader's system is set."""

import re
from xml.sax.saxutils import escape

from .diagram import MOST_EVENTS, diagram_of
from .diagram.repeats import Loop
from .words import harmless

MARGIN = 16
HEAD = 34
LINE = 17
ROW = 14  # between two steps
LETTER = 7  # about the width of one in the font of calls
NARROWEST, WIDEST = 190, 560  # between two columns
LOOP_INDENT = 10

_STYLE = (
    ".page{fill:#fff}.head{fill:#ddf4ff;stroke:#54aeff}.name{fill:#0a3069;font-weight:600}.life{stroke:#d1d9e0}"
    ".note{fill:#f6f8fa;stroke:#d1d9e0}.text{fill:#1f2328}.halo{stroke:#fff}.error{fill:#b62324}"
    ".loop{fill:none;stroke:#8c959f}.dim{fill:#59636e}"
    ".data,.connect{stroke:#0969da}.end{stroke:#6639ba}.reset,.unread{stroke:#cf222e}"
    ".data-tip,.connect-tip{fill:#0969da}.end-tip{fill:#6639ba}.reset-tip,.unread-tip{stroke:#cf222e}"
    "@media (prefers-color-scheme:dark){"
    ".page{fill:#0d1117}.head{fill:#121d2f;stroke:#1f6feb}.name{fill:#a5d6ff}.life{stroke:#3d444d}"
    ".note{fill:#161b22;stroke:#3d444d}.text{fill:#e6edf3}.halo{stroke:#0d1117}.error{fill:#ff7b72}"
    ".loop{stroke:#6e7681}.dim{fill:#9198a1}"
    ".data,.connect{stroke:#4493f8}.end{stroke:#ab7df8}.reset,.unread{stroke:#f85149}"
    ".data-tip,.connect-tip{fill:#4493f8}.end-tip{fill:#ab7df8}.reset-tip,.unread-tip{stroke:#f85149}}"
)
_ERROR = re.compile(r"\bE[A-Z]{3,}\b|TimedOut|Closed|EndOfStream|Truncated|\bRST\b|retransmission|\bICMP\b")
_SANS = "system-ui,-apple-system,'Segoe UI','Noto Sans','DejaVu Sans',Helvetica,Arial,sans-serif"
_MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"


def show(trace, write, everything=False, options=False, most=MOST_EVENTS):
    """Writes the diagram; returns whether it has the whole trace."""
    columns, items, is_whole = diagram_of(trace, everything, options, most)
    drawing = Drawing(columns, items)
    for item in items:
        drawing.add(item)
    if not is_whole:
        drawing.last_words("the rest is not shown")
    for line in drawing.lines():
        write(line)
    return is_whole


def width_of(text):
    return len(text) * LETTER


class Drawing:
    def __init__(self, columns, items):
        self._columns = columns
        self._at = places(columns, steps_in(items))
        self._y = MARGIN + HEAD + ROW
        self._left, self._right = self._edges(steps_in(items))
        self._shapes = []

    def add(self, item):
        if isinstance(item, Loop):
            self._loop(item)
        elif item.target is None:
            self._note(item)
        else:
            self._arrow(item)

    def last_words(self, text):
        middle = (self._left + self._right) / 2
        self._text(middle, self._y + LINE - 5, text, "dim", _SANS)
        self._y += LINE + ROW

    def lines(self):
        """The file."""
        left, right = self._left - MARGIN, self._right + MARGIN
        width, height = round(right - left), self._y + HEAD // 2
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="{left:.0f} 0 {width} {height}" font-size="12" role="img">'
        )
        names = [escape(harmless(column.label)) for column in self._columns]
        yield f"<title>{', '.join(names) or 'nothing'}</title>"
        yield f"<style>{_STYLE}</style>"
        yield f'<rect class="page" x="{left:.0f}" width="{width}" height="{height}"/>'
        for column, name in zip(self._columns, names, strict=True):
            at, half = self._at[column.number], max(width_of(name) / 2 + 14, 45)
            yield f'<path class="life" d="M{at} {MARGIN + HEAD}V{height - MARGIN / 2:.0f}"/>'
            box = f'x="{at - half:.0f}" y="{MARGIN}" width="{2 * half:.0f}" height="{HEAD - 6}"'
            yield f'<rect class="head" {box} rx="6"/>'
            yield text_at(at, MARGIN + 18, name, "name", _SANS)
        yield from self._shapes
        yield "</svg>"

    def _edges(self, steps):
        """How far to the left and the right the diagram reaches."""
        reach = [width_of(column.label) / 2 + 14 for column in self._columns]
        for step in steps:
            if step.target is None:
                reach[step.column.number] = max(reach[step.column.number], note_width(step) / 2 + LOOP_INDENT)
        left = min((at - half for at, half in zip(self._at, reach, strict=True)), default=0)
        right = max((at + half for at, half in zip(self._at, reach, strict=True)), default=200)
        return left - LOOP_INDENT, right + LOOP_INDENT

    def _note(self, step):
        at, width, height = self._at[step.column.number], note_width(step), len(step.lines) * LINE + 8
        self._shapes.append(
            f'<rect class="note" x="{at - width / 2:.0f}" y="{self._y}" width="{width:.0f}" height="{height}" rx="4"/>'
        )
        for number, line in enumerate(step.lines):
            self._text(at, self._y + LINE * (number + 1), line, kind_of_text(step, line), _MONO)
        self._y += height + ROW

    def _arrow(self, step):
        begin, end = self._at[step.column.number], self._at[step.target.number]
        for line in step.lines:
            self._text((begin + end) / 2, self._y + LINE - 6, line, kind_of_text(step, line), _MONO, True)
            self._y += LINE
        direction = 1 if end > begin else -1
        tip, kind = end - direction, step.kind
        dashes = ' stroke-dasharray="5 4"' if kind in ("end", "reset", "segment") else ""
        line_class, tip_class = ("loop", "dim") if kind == "segment" else (kind, f"{kind}-tip")
        self._shapes.append(
            f'<path class="{line_class}" stroke-width="1.4"{dashes} d="M{begin} {self._y}H{tip - 6 * direction}"/>'
        )
        if kind in ("reset", "unread"):
            x = tip - 7 * direction
            cross = f"M{x - 4} {self._y - 4}l8 8m0-8l-8 8"
            self._shapes.append(f'<path class="{kind}-tip" stroke-width="1.8" d="{cross}"/>')
        else:
            self._shapes.append(f'<path class="{tip_class}" d="M{tip} {self._y}l{-9 * direction}-4.5v9z"/>')
        self._y += ROW

    def _loop(self, loop):
        top = self._y
        self._text(self._left + LOOP_INDENT, top + LINE - 2, f"{loop.times} times", "dim", _SANS, anchor="start")
        self._y += LINE + ROW // 2
        for step in loop.steps:
            self.add(step)
        left, width = self._left + 2, self._right - self._left - 4
        self._shapes.append(
            f'<rect class="loop" x="{left:.0f}" y="{top}" width="{width:.0f}" height="{self._y - top}" rx="6"/>'
        )
        self._y += ROW

    def _text(self, x, y, text, kind, font, has_halo=False, anchor="middle"):
        self._shapes.append(text_at(x, y, escape(harmless(text)), kind, font, has_halo, anchor))


def text_at(x, y, text, kind, font, has_halo=False, anchor="middle"):
    # The halo keeps the lines of the columns away from the letters.
    halo = ' paint-order="stroke" stroke-width="4" stroke-linejoin="round"' if has_halo else ""
    kind += " halo" if has_halo else ""
    place = f'x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"'
    size = ' font-size="11.5"' if font is _MONO else ""
    return f'<text class="{kind}" {place} font-family="{font}"{size}{halo}>{text}</text>'


def kind_of_text(step, line):
    return "text error" if step.is_error and _ERROR.search(line) else "text"


def steps_in(items):
    return [step for item in items for step in (item.steps if isinstance(item, Loop) else [item])]


def note_width(step):
    return max(map(width_of, step.lines)) + 20


def places(columns, steps):
    """Where each column is: as far from the one before as what is written between them needs."""
    gaps = [NARROWEST] * len(columns)
    for step in steps:
        width = max(map(width_of, step.lines))
        if step.target is not None:
            first, last = sorted((step.column.number, step.target.number))
            for number in range(first + 1, last + 1):
                gaps[number] = max(gaps[number], (width + 40) / (last - first))
        else:
            for number in (step.column.number, step.column.number + 1):
                if number < len(columns):
                    gaps[number] = max(gaps[number], width / 2 + 40)
    at, found = 0, []
    for number, gap in enumerate(gaps):
        at += round(min(gap, WIDEST)) if number else 0
        found.append(at)
    return found

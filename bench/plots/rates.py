"""How much of something gets done in a second: a bar for each variant, each group at its own scale."""

from .frame import Frame
from .svg import rate

LEFT, PLOT, ROW, BAR = 300, 440, 22, 15


def draw(title, explained, groups, below):
    """`groups`: a heading, and for each variant its name, whether it is ours, and its times in nanoseconds."""
    frame = Frame(title, explained)
    drawing = frame.drawing
    frame.legend([("ours", "polysock"), ("same", "others")])
    frame.y += 6
    for heading, variants in groups.items():
        frame.heading(heading)
        longest = max(1e9 / numbers["quartiles"][0] for numbers in variants.values())
        for name, numbers in variants.items():
            kind = "ours" if "polysock" in name else "same"
            middle = frame.y + ROW / 2
            slow, end, fast = (
                LEFT + PLOT * 1e9 / ns / longest
                for ns in (numbers["quartiles"][1], numbers["median"], numbers["quartiles"][0])
            )
            drawing.text(LEFT - 10, middle + 4, name, "ink", "end")
            drawing.box(LEFT, middle - BAR / 2, max(end - LEFT, 1), BAR, kind)
            drawing.line(slow, middle, fast, middle, "ink", 1.5)
            drawing.text(
                max(fast, end) + 8, middle + 4, f"{rate(1e9 / numbers['median'])}/s", "ink", bold=kind == "ours"
            )
            frame.y += ROW
    return frame.finished(below)

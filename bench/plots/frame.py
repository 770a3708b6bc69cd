"""What every figure has around its contents: the title, a legend, headings, and how and where it was measured."""

from .svg import Drawing, text_width

WIDTH, MARGIN = 860, 18


class Frame:
    """Contents are drawn from `y` downwards."""

    def __init__(self, title, explained):
        self.drawing = Drawing(WIDTH, title)
        self.drawing.text(MARGIN, 30, title, size=16, bold=True)
        self.y = 30
        for line in explained:
            self.y += 19
            self.drawing.text(MARGIN, self.y, line, "dim")
        self.y += 10

    def legend(self, entries):
        """Entries of a kind and words; the kind "floor" is drawn as the mark that it is."""
        self.y += 14
        x = MARGIN + 6
        for kind, words in entries:
            if kind == "floor":
                self.drawing.line(x, self.y - 11, x, self.y + 3, kind, 2.5)
            else:
                self.drawing.dot(x, self.y - 4, kind)
            self.drawing.text(x + 11, self.y, words)
            x += 34 + text_width(words)
        self.y += 8

    def heading(self, words):
        if words:
            self.y += 30
            self.drawing.text(MARGIN, self.y - 9, words, bold=True)

    def finished(self, below):
        self.y += 10
        for line in below:
            self.y += 16
            self.drawing.text(MARGIN, self.y, line, "dim", size=11)
        self.drawing.height = self.y + 16
        return self.drawing

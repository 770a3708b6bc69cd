"""The ratios of a comparison as bars."""

LEFT, WIDTH, HEIGHT = 330, 420, 20
WIDEST = 1.5


def plot(rows, base, ours, floor):
    """An SVG: a bar a row, the line at 1 being `base`, and a mark at what `floor` costs."""
    lines = []
    for at, (name, numbers) in enumerate(rows.items()):
        lines += bar(40 + at * HEIGHT, name, numbers, base, ours, floor)
    end = 44 + len(rows) * HEIGHT
    one = x(1)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 60}" height="{end + 10}" '
            'font-family="sans-serif" font-size="11">',
            f'<rect width="{LEFT + WIDTH + 60}" height="{end + 10}" fill="#fff"/>',
            f'<text x="8" y="20">{ours} / {base}, medians with quartiles; shorter is faster; '
            "green: the system calls alone</text>",
            *lines,
            f'<line x1="{one:.1f}" y1="30" x2="{one:.1f}" y2="{end}" stroke="#000" stroke-dasharray="3 3"/>',
            "</svg>",
            "",
        ]
    )


def x(ratio):
    return LEFT + min(ratio, WIDEST) / WIDEST * WIDTH


def bar(y, name, numbers, base, ours, floor):
    ratio, middle = numbers["ratio"], numbers[base]["median"]
    low, high = (x(value / middle) for value in numbers[ours]["quartiles"])
    colour = "#4878a8" if ratio <= 1 or numbers["overlap"] else "#b05048"
    lines = [
        f'<text x="{LEFT - 8}" y="{y + 11}" text-anchor="end">{name}</text>',
        f'<rect x="{LEFT}" y="{y}" width="{x(ratio) - LEFT:.1f}" height="14" fill="{colour}"/>',
        f'<line x1="{low:.1f}" y1="{y + 7}" x2="{high:.1f}" y2="{y + 7}" stroke="#000" stroke-width="2"/>',
        f'<text x="{LEFT + WIDTH + 8}" y="{y + 11}">{ratio:.2f}</text>',
    ]
    if floor in numbers:
        at = x(numbers[floor]["median"] / middle)
        lines.append(f'<line x1="{at:.1f}" y1="{y}" x2="{at:.1f}" y2="{y + 14}" stroke="#308838" stroke-width="2"/>')
    return lines

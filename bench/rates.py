"""The speeds of groups of variants as bars."""

from html import escape

LEFT, WIDTH, RIGHT = 270, 440, 90
BAR, GAP, HEADING = 20, 4, 34
OURS, OTHERS = "#4878a8", "#b8b8b8"


def plot(rows, things, is_ours):
    """An SVG with a bar for each variant: the longer, the faster. Each group has a separate scale."""
    lines, y = [], 34
    for group, variants in rows.items():
        y += HEADING
        lines.append(f'<text x="8" y="{y - 12}" font-weight="bold" font-size="13">{escape(group)}</text>')
        longest = max(speed(numbers["quartiles"][0]) for numbers in variants.values())
        for name, numbers in variants.items():
            lines += bar(y, name, numbers, longest, OURS if is_ours(name) else OTHERS)
            y += BAR + GAP
    width, height = LEFT + WIDTH + RIGHT, y + 12
    title = f"Million {things} a second, medians with quartiles; longer is faster, each group at its own scale"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            'font-family="sans-serif" font-size="12">',
            f'<rect width="{width}" height="{height}" fill="#fff"/>',
            f'<text x="8" y="22">{title}; <tspan fill="{OURS}" font-weight="bold">blue: polysock</tspan></text>',
            *lines,
            "</svg>",
            "",
        ]
    )


def speed(ns):
    """Million a second."""
    return 1000 / ns


def bar(y, name, numbers, longest, colour):
    def x(ns):
        return LEFT + speed(ns) / longest * WIDTH

    middle = y + BAR / 2
    slow, fast = (x(ns) for ns in reversed(numbers["quartiles"]))
    end = x(numbers["median"])
    return [
        f'<text x="{LEFT - 8}" y="{middle + 4}" text-anchor="end">{escape(name)}</text>',
        f'<rect x="{LEFT}" y="{y}" width="{end - LEFT:.1f}" height="{BAR}" fill="{colour}"/>',
        f'<line x1="{slow:.1f}" y1="{middle}" x2="{fast:.1f}" y2="{middle}" stroke="#000" stroke-width="1.5"/>',
        f'<text x="{max(fast, end) + 6:.1f}" y="{middle + 4}">{shown(speed(numbers["median"]))}</text>',
    ]


def shown(rate):
    return f"{rate:.2f}" if rate < 10 else f"{rate:.0f}"

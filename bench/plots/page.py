"""The parts of docs/speed.md that are made from the results: they stand between two comments each."""

import re

from .counterparts import behind, reason, reasons
from .svg import digits, times

WHERE = {
    "python_socket": "Python calls",
    "c_socket": "C calls",
    "messages": "messages",
    "datagrams": "datagrams",
    "servers": "servers",
}


#: Parts of the page that show figures, as far as there are results for them.
FIGURES = {
    "servers": {
        "servers": "Servers under load: requests a second and waiting times by connections",
        "servers_python": "Servers in Python: every load",
        "servers_c": "Servers in C and Rust: every load",
    },
    "growth": {"growth": "How cost grows"},
}


def filled(text, results):
    """The page with its generated parts as the results have them."""
    for part, figures in FIGURES.items():
        images = [f"![{about}](../bench/figures/{name}.svg)\n\n" for name, about in figures.items()]
        text = between(text, part, "\n" + "".join(images) if part in results else "")
    return between(text, "behind", behind_table(results))


def between(text, name, contents):
    start, end = f"<!-- {name}: made by make bench-plots -->", f"<!-- end of {name} -->"
    found = re.search(f"(?<={re.escape(start)}\n).*?(?={re.escape(end)})", text, re.DOTALL)
    if not found:
        raise ValueError(f"the page has no part between {start} and {end}")
    return text[: found.start()] + contents + text[found.end() :]


def behind_table(results):
    rows = behind(results)
    if not rows:
        return "None.\n"
    known = reasons()
    lines = ["| row | beside | polysock | times as fast | why |", "|---|---|---|---|---|"]
    for each in rows:
        other, ours = (each.shown(side["median"]) for side in (each.other, each.ours))
        row = f"{WHERE[each.results]}: {each.row}"
        lines.append(
            f"| {row} | {each.other_name}, {other} | {ours} | {times(digits(each.times))} | {reason(each, known)} |"
        )
    return "\n".join(lines) + "\n"

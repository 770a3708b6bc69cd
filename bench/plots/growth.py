"""The figure of what one more of something costs when there are many."""

from . import curves, facts
from .svg import count, duration, size

#: How the variants are drawn and called: grey without polysock, blue with it; Python's dashed.
PYTHON = "5 3"
LINES = {
    "C: raw": ("same", "", "C, raw"),
    "C: polysock": ("ours", "", "C, polysock"),
    "Python: socket": ("same", PYTHON, "Python, socket"),
    "Python: polysock": ("ours", PYTHON, "Python, polysock"),
    "C: epoll by hand": ("same", "", "C, epoll"),
    "Python: asyncio Protocol": ("peer1", PYTHON, "asyncio"),
    "Python: uvloop Protocol": ("peer2", PYTHON, "uvloop"),
    "Python: socketserver.ThreadingTCPServer": ("peer3", PYTHON, "ThreadingTCPServer"),
    "Python: polysock.Server": ("peer6", PYTHON, "polysock.Server"),
    "Python: polysock.MessageServer": ("ours", PYTHON, "MessageServer"),
    "C: polysock_message_server": ("ours", "", "C, messages"),
    "Rust: polysock::MessageServer": ("ours", "2 2", "Rust, messages"),
}
TITLES = {
    "connection": ("accepted connections", "a transfer on another one"),
    "registration": ("registered sockets", "a wait that finds one ready"),
    "thread": ("threads that wait in a receive", "an answer from one of them"),
    "server": ("idle connections of a server", "an answer to a busy one"),
}


def drawings(results):
    if "growth" not in results:
        return {}
    result = results["growth"]
    panels = []
    for thing, variants in result["rows"].items():
        things, use = TITLES[thing]
        for what, title, shown in (
            ("bytes", f"Memory of one of the {things}", size),
            ("use_ns", use.capitalize(), duration),
        ):
            lines = [line for line in (curve(name, numbers, what) for name, numbers in variants.items()) if line.points]
            if lines:
                panels.append(curves.Panel(title, lines, shown, things))
    explained = [
        "What one more costs, and what one use costs beside them all. Both axes are logarithmic: flat is good."
    ]
    limit = result["descriptors"]
    explained += [f"The limit of {limit:,} descriptors cuts off what would go to {count(50_000)}."] * (limit < 51_000)
    below = facts.measured("make bench-growth", result, lines=False)
    return {"growth": curves.draw("How cost grows", explained, panels, below)}


def curve(name, numbers, what):
    kind, dashes, shown = LINES[name]
    points = [(int(many), found[what]) for many, found in numbers.items() if found.get(what, 0) > 0]
    return curves.Curve(shown, points, kind, dashes)

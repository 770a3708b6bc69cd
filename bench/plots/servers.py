"""The figures of servers: how requests a second and waiting times change with the connections, and every load."""

from . import curves, facts, rates
from .svg import duration, rate

#: How servers are drawn; the others get the colours that are left.
OURS = {
    "polysock.MessageServer": ("ours", "", "MessageServer"),
    "polysock_message_server": ("ours", "", "message_server"),
    "polysock::MessageServer": ("ours", "2 2", "Rust, messages"),
    "polysock.Server": ("ours", "5 3", "polysock.Server"),
    "polysock_server": ("ours", "5 3", "polysock_server"),
    "polysock_poller": ("ours", "8 2 2 2", "polysock_poller"),
}
SHORT = {
    "socketserver.ThreadingTCPServer": "ThreadingTCPServer",
    "gevent StreamServer": "gevent",
    "GIO GThreadedSocketService": "GIO, threads",
    "GIO GSocketService": "GIO, loop",
}
PEERS = [f"peer{number}" for number in range(1, 8)]

#: The loads with which only the number of connections changes.
BY_CONNECTIONS = ["echo-1", "echo-10", "echo-100", "echo-1000"]


def drawings(results):
    if "servers" not in results:
        return {}
    result = results["servers"]
    made = {"servers": by_connections(result)}
    for name, languages in (("servers_python", ["Python"]), ("servers_c", ["C", "Rust"])):
        made[name] = every_load(result, languages)
    return made


def of_languages(result, languages):
    return {name: row for name, row in result["rows"].items() if row["language"] in languages}


def by_connections(result):
    panels = []
    for heading, languages in (("Python", ["Python"]), ("C and Rust", ["C", "Rust"])):
        rows = of_languages(result, languages)
        for what, title, shown in (
            ("per_second", "requests a second", rate),
            ("p99_us", "99 % of the answers within", lambda us: duration(us * 1000)),
        ):
            lines = lines_of(rows, result["loads"], what)
            if lines:
                panels.append(curves.Panel(f"{heading}: {title}", lines, shown))
    explained = [
        "Echo of 64 bytes, each connection with one request under way; polysock is blue. Logarithmic axes.",
        "On the left higher is better, on the right lower.",
    ]
    return curves.draw(
        "Servers under load", explained, panels, facts.measured("make bench-servers", result, lines=False)
    )


def lines_of(rows, loads, what):
    colours, lines = iter(PEERS * 3), []
    for name, row in rows.items():
        kind, dashes, shown = OURS.get(name) or (next(colours), "", SHORT.get(name, name))
        cells = [(loads[load]["connections"], row["cells"].get(load, {})) for load in BY_CONNECTIONS if load in loads]
        points = [(number, cell[what]["median"]) for number, cell in cells if what in cell]
        if points:
            lines.append(curves.Curve(shown, points, kind, dashes))
    return lines


def every_load(result, languages):
    groups = {}
    for load, about in result["loads"].items():
        cells = {name: row["cells"].get(load, {}) for name, row in of_languages(result, languages).items()}
        measured = {name: times(cell["per_second"]) for name, cell in cells.items() if "per_second" in cell}
        if measured:
            groups[about["title"]] = measured
    what = " and ".join(languages)
    explained = ["Requests a second by load: longer is faster, each group at its own scale."]
    title = f"Servers in {what}: every load"
    return rates.draw(title, explained, groups, facts.measured("make bench-servers", result))


def times(per_second):
    """The summary of a rate as one of times, in nanoseconds."""
    slow, fast = (1e9 / each for each in per_second["quartiles"])
    return {"median": 1e9 / per_second["median"], "quartiles": [fast, slow]}


def best(result, load, languages, ours, what="per_second"):
    """The name and the times of the best server, of polysock's or of the others; None if there is none.

    Best at requests a second, whose times are of one request, or at `p99_us`.
    """
    rows = of_languages(result, languages)
    cells = {name: row["cells"].get(load, {}) for name, row in rows.items() if row["ours"] == ours}
    found = {name: cell[what] for name, cell in cells.items() if what in cell}
    in_ns = {name: times(each) if what == "per_second" else in_nanoseconds(each) for name, each in found.items()}
    return min(in_ns.items(), key=lambda each: each[1]["median"], default=None)


def in_nanoseconds(us):
    return {"median": us["median"] * 1000, "quartiles": [each * 1000 for each in us["quartiles"]]}


def each_second(ns):
    return f"{rate(1e9 / ns)}/s"

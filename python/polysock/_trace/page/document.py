"""Writes the page."""

import base64
import hashlib
import json
import os
from importlib.resources import files

from ..findings import Finder
from ..links import Links
from .facts import Sockets, event_facts, finding_facts, lane_facts

# A browser shows more, but slowly.
MOST_EVENTS = 100_000
EVENTS_IN_BLOCK = 500

STYLES = ("theme", "layout", "diagram", "side", "print")
SCRIPTS = (
    "text",
    "trace",
    "search",
    "scale",
    "columns",
    "bars",
    "arrows",
    "drawing",
    "diagram",
    "overview",
    "payload",
    "details",
    "findings",
    "controls",
    "keys",
    "paper",
    "start",
)


class Part:
    """Which events are in the page: at most `most`, that went on between `begin` and `end`, in nanoseconds."""

    def __init__(self, begin=None, end=None, most=MOST_EVENTS):
        self.begin, self.end, self.most = begin, end, most

    def has(self, event):
        is_late = self.begin is None or event.ended >= self.begin or event.is_waiting
        return is_late and (self.end is None or event.began <= self.end)


def save(trace, path, part=None, wanted=None, everything=False):
    """Writes the page into a file that only its owner may read, for it has what the programs sent and received."""
    with open(path, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        return show(trace, file.write, part, wanted, everything)


def show(trace, write, part=None, wanted=None, everything=False):
    """Writes the page; returns the findings, and how many events it left out because they were too many.

    `wanted(name)` is whether findings of this name are shown. With `everything`, minor calls are shown from the
    beginning.
    """
    trace.survey()
    head, foot = parts_of_page()
    write(head)
    part, sockets, links, finder = part or Part(), Sockets(), Links(), Finder(trace, wanted)
    block, shown, left_out, last = [], 0, 0, 0
    for event in finder.watch(noted(trace.events(sockets=True), sockets, links)):
        leading = links.of(event)
        last = max(last, event.moment)
        if not part.has(event):
            continue
        if shown == part.most:
            left_out += 1
            continue
        shown += 1
        block.append(event_facts(event, sockets.number_of(event.end), leading))
        if len(block) == EVENTS_IN_BLOCK:
            write(data_block("events", block))
            block = []
    write(data_block("events", block))
    findings = finder.finish()
    table, connections = sockets.facts()
    about = {
        "lanes": [lane_facts(lane) for lane in trace.lanes],
        "sockets": table,
        "connections": connections,
        "accepted": links.accepted,
        "findings": [finding_facts(finding) for finding in findings],
        "uncounted": findings.left_out,
        "everything": everything,
        "left_out": left_out,
        "part": [part.begin, part.end],
        "last": last,
        "wall_time": trace.wall_time // 1_000_000 if trace.files else 0,
        "machines": trace.machines,
        "unreadable": sum(file.unreadable for file in trace.files),
    }
    write(data_block("about", about))
    write(foot)
    return findings, left_out


def noted(events, sockets, links):
    """The same events, after noting the sockets that became known."""
    for event in events:
        if event.record.get("event") == "socket":
            sockets.note(event)
            links.returned(event)
        yield event


def data_block(name, value):
    """JSON that a page can hold: nothing in it ends the element or begins another, and it is ASCII throughout."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f'<script type="application/json" class="{name}">{text}</script>\n'


def parts_of_page():
    """The page before the data and after it. It may load nothing, and run only the script that is in it."""
    style = "\n".join(asset(f"{name}.css") for name in STYLES)
    script = '"use strict";\n(() => {\n' + "\n".join(asset(f"{name}.js") for name in SCRIPTS) + "})();\n"
    policy = (
        f"default-src 'none'; script-src '{digest(script)}'; style-src '{digest(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    page = asset("page.html").replace("{policy}", policy).replace("{style}", style)
    head, foot = page.split("{data}\n")
    return head, foot.replace("{script}", script)


def digest(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def asset(name):
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8")

"""Findings in the terminal, and as JSON for programs."""

import json
import textwrap

from ..words import harmless
from .finding import ERROR, NOTE, SEVERITIES, WARNING

RESET, BOLD = "\x1b[0m", "\x1b[1m"
COLOURS = {ERROR: "\x1b[31m", WARNING: "\x1b[33m", NOTE: "\x1b[36m"}
LEAST_WIDTH = 40
# What is between the left border and the texts: as wide as the times of the timeline.
INDENT = 12


def in_place(finding, width, colours=False):
    """The lines below the event at which a finding is shown."""
    title = painted(f"▲ {finding.severity} {finding.name}:", finding.severity, colours)
    lines = wrapped(f"▲ {finding.severity} {finding.name}: {finding.text}", width, INDENT, INDENT + 2)
    lines[0] = lines[0].replace(f"▲ {finding.severity} {finding.name}:", title, 1)
    return lines


def summary(findings, width, colours=False):
    """What to do, by name: for the end of a view that has shown each finding in its place."""
    if not len(findings):
        return []
    lines = ["", painted(f"Findings: {how_many(findings)}", None, colours)]
    for name, count in findings.counts.items():
        first = next(finding for finding in findings if finding.name == name)
        times = f" ({count:,} times)" if count > 1 else ""
        lines.append(painted(f"{first.severity} {name}{times}", first.severity, colours))
        lines += wrapped(first.advice, width, 2, 2)
        lines.append(f"  {first.page}")
    return lines


def listing(findings, width, colours=False):
    """Each finding with everything about it, and how many there are."""
    lines = []
    for finding in findings:
        title = painted(f"{finding.severity} {finding.name}", finding.severity, colours)
        lines.append(f"{title}  {finding.event.moment / 1e9:.6f} s, {where(finding.event)}")
        lines += wrapped(finding.text, width, 2, 2)
        lines += wrapped(finding.advice, width, 2, 2)
        lines.append(f"  {finding.page}")
    for name, count in findings.left_out.items():
        lines.append(f"{count:,} more of {name}")
    lines.append(how_many(findings) if len(findings) else "nothing found")
    return lines


def as_json(findings):
    """The findings as docs/traces.md describes them."""
    found = {
        "polysock_findings": 1,
        "findings": [
            {
                "name": finding.name,
                "severity": finding.severity,
                "text": finding.text,
                "advice": finding.advice,
                "page": finding.page,
                "events": [event_as_json(event) for event in finding.events],
            }
            for finding in findings
        ],
        "counts": findings.counts,
    }
    return json.dumps(found, indent=2)


def event_as_json(event):
    record = event.record
    fields = {"moment": event.moment, "process": event.lane.process, "pid": event.lane.pid, "thread": event.lane.thread}
    names = ("call", "event", "socket", "fd", "at", "time")
    return fields | {name: record[name] for name in names if name in record}


def how_many(findings):
    """`1 error, 2 notes`."""
    names = {finding.name: finding.severity for finding in findings}
    counts = {severity: len(findings.of_severity(severity)) for severity in SEVERITIES}
    for name, count in findings.left_out.items():
        counts[names[name]] += count
    return ", ".join(f"{count:,} {name}{'s' * (count > 1)}" for name, count in counts.items() if count)


def where(event):
    """In which program, and in which line of it."""
    place = event.record.get("at")
    return harmless(event.lane.label + (f", {place}" if place else ""))


def wrapped(text, width, first, others):
    return textwrap.wrap(
        harmless(text),
        max(width, LEAST_WIDTH),
        initial_indent=" " * first,
        subsequent_indent=" " * others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def painted(text, severity, colours):
    return BOLD + COLOURS.get(severity, "") + text + RESET if colours else text

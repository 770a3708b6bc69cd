"""What a trace shows that went wrong, or would surprise: `python -m polysock show` names it.

    finder = Finder(trace)
    for event in finder.watch(trace.events(sockets=True)):
        ...
    for finding in finder.finish():
        print(finding.severity, finding.name, finding.text)

Each finding has a page in docs/findings/. A `Detector` finds one kind; `detectors` lists them all. There is no finding
without evidence: what may be correct is not reported.
"""

from .finder import Finder, Findings
from .finding import ERROR, NOTE, SEVERITIES, WARNING, Finding

__all__ = ["ERROR", "NOTE", "SEVERITIES", "WARNING", "Finder", "Finding", "Findings", "find"]


def find(trace, wanted=None):
    """Reads the trace, after its survey, only to find mistakes; returns the findings."""
    finder = Finder(trace, wanted)
    for _ in finder.watch(trace.events(sockets=True)):
        pass
    return finder.finish()

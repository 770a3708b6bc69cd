"""Lets all detectors look at the events of a trace, and keeps what they find."""

from collections import Counter

from .detectors import DETECTORS
from .finding import SEVERITIES
from .side import Sides

# Findings of each name that are kept; the others are only counted.
MOST_KEPT = 100


class Findings:
    """What was found. Iterates in the order of the events."""

    def __init__(self, kept, counts):
        self._kept = sorted(kept, key=lambda finding: (finding.event.moment, finding.event.number))
        self._at = {}
        for finding in self._kept:
            self._at.setdefault(finding.event.number, []).append(finding)
        self.counts = dict(sorted(counts.items()))  # name: how many, also those that were not kept

    def __iter__(self):
        return iter(self._kept)

    def __len__(self):
        return len(self._kept)

    def at(self, event):
        """Those that are shown at this event, which may come from a later pass over the same trace."""
        return self._at.get(event.number, [])

    @property
    def left_out(self):
        """How many of each name were found but not kept."""
        kept = Counter(finding.name for finding in self._kept)
        return {name: count - kept[name] for name, count in self.counts.items() if count > kept[name]}

    def of_severity(self, severity):
        return [finding for finding in self._kept if finding.severity == severity]

    @property
    def worst(self):
        """The severity of the worst; None without findings."""
        return next((severity for severity in SEVERITIES if self.of_severity(severity)), None)


class Finder:
    """Looks at the events of a trace, of one pass. `wanted(name)` is whether findings of this name are kept. With
    `follow`, calls that wait may still return, and are not looked at."""

    def __init__(self, trace, wanted=None, follow=False):
        self._follow = follow
        self.sides = Sides(trace)
        self._detectors = [make(trace, self.sides) for make in DETECTORS]
        self._wanted = wanted
        self._by_call = {}
        self._counts = Counter()
        self._kept = []
        self._taken = 0

    def watch(self, events):
        """Looks at each of `Trace.events(sockets=True)`, and passes on what views show."""
        for event in events:
            self._see(event)
            if event.record.get("event") not in ("socket", "exit"):
                yield event

    def _see(self, event):
        side = self.sides.of(event)
        if event.is_waiting:
            if not self._follow:
                for detector in self._detectors:
                    self._keep(detector.wait(event, side))
            return
        for detector in self._interested_in(event.call):
            found = detector.see(event, side)
            if found:
                self._keep(found)
        if side is not None:
            self.sides.note(side, event)

    def finish(self):
        """After the last event: everything that was found."""
        for detector in self._detectors:
            self._keep(detector.finish())
        return Findings(self._kept, self._counts)

    def take(self):
        """What was found since this was called last."""
        taken, self._taken = self._kept[self._taken :], len(self._kept)
        return taken

    def _interested_in(self, call):
        interested = self._by_call.get(call)
        if interested is None:
            interested = [one for one in self._detectors if one.calls is None or call in one.calls]
            self._by_call[call] = interested
        return interested

    def _keep(self, findings):
        for finding in findings:
            if self._wanted is not None and not self._wanted(finding.name):
                continue
            self._counts[finding.name] += 1
            if self._counts[finding.name] <= MOST_KEPT:
                self._kept.append(finding)

"""The trace as Chrome trace events, which ui.perfetto.dev and chrome://tracing show on a time line."""

import itertools
import json

from .words import describe


def show(trace, write):
    """Writes the JSON, an event a line."""
    trace.survey()
    write('{"displayTimeUnit": "ns", "traceEvents": [')
    separator = ""
    for item in itertools.chain(_names(trace), _slices(trace)):
        write(separator + json.dumps(item))
        separator = ","
    write("]}")


def _names(trace):
    processes = set()
    for lane in trace.lanes:
        if lane.pid not in processes:
            processes.add(lane.pid)
            yield {"ph": "M", "name": "process_name", "pid": lane.pid, "args": {"name": lane.process}}
        yield {"ph": "M", "name": "thread_name", "pid": lane.pid, "tid": lane.thread, "args": {"name": lane.label}}


def _slices(trace):
    numbers = itertools.count(1)
    wire = _Wire()
    for event in trace.events():
        if event.segment is not None:
            yield from wire.items(event)
            continue
        record, lane = event.record, event.lane
        begin = (record["time"] + trace.clocks.get(event.end.file, 0) if event.end else record["time"]) - trace.begin
        where = {"pid": lane.pid, "tid": lane.thread}
        item = {"name": event.call or record.get("event", "?"), "cat": "socket", "ts": begin / 1000, **where}
        if event.is_waiting:
            item |= {"ph": "B"}
        elif event.call:
            item |= {"ph": "X", "dur": event.duration / 1000}
        else:
            item |= {"ph": "i", "s": "t"}
        yield item | {"args": {"what": describe(event), **record}}
        for arrow in event.arrows:
            source, number = arrow.source, next(numbers)
            at = source.moment / 1000
            flow = {"cat": "socket", "name": "bytes", "id": number}
            yield flow | {"ph": "s", "ts": at, "pid": source.lane.pid, "tid": source.lane.thread}
            finish = (begin + event.duration) / 1000
            yield flow | {"ph": "f", "bp": "e", "ts": finish, **where}


class _Wire:
    """The segments: shown as a process, with a track for each direction of a connection."""

    PID = 0

    def __init__(self):
        self._tracks = {}

    def items(self, event):
        segment = event.segment
        key = (segment.source, segment.target)
        if key not in self._tracks:
            if not self._tracks:
                yield {"ph": "M", "name": "process_name", "pid": self.PID, "args": {"name": "segments"}}
            self._tracks[key] = len(self._tracks) + 1
            name = {"name": f"{segment.source} → {segment.target}"}
            yield {"ph": "M", "name": "thread_name", "pid": self.PID, "tid": self._tracks[key], "args": name}
        what = describe(event)
        where = {"pid": self.PID, "tid": self._tracks[key]}
        item = {"ph": "i", "s": "t", "name": what, "cat": "segment", "ts": event.moment / 1000, **where}
        yield item | {"args": {"notes": segment.notes, **event.record}}

"""What has a column: a process, or each socket of a process that talks to itself."""

from dataclasses import dataclass

from ..calls import CLOSES


@dataclass(eq=False)
class Column:
    label: str
    process: object
    number: int = 0
    is_free: bool = False


class Columns:
    """Finds the column of each event. A socket has the column of an earlier one of the same kind that was closed."""

    def __init__(self, trace, story):
        self._accepted = story.accepted
        self._connecting = {event.end for event in story.events if event.call == "connect"}
        self._processes = trace.processes
        self._split = processes_that_talk_to_themselves(story, self._processes)
        self._columns = []
        self._of_process = {}
        self._of_socket = {}
        self._of_half = {}
        self._last = {}
        self._outside = None

    def of(self, event):
        process = self._processes[event.lane]
        if process not in self._split:
            column = self._of_process.get(process) or self._add(process, name_of(event.lane))
            self._of_process[process] = column
        elif event.end is None:
            # A poll or the like.
            column = self._last.get(process) or self._add(process, name_of(event.lane))
        else:
            column = self._of_socket.get(event.end) or self._of_next_socket(process, event.end)
            column.is_free = event.call in CLOSES and "error" not in event.record
        self._last[process] = column
        if event.end is not None:
            self._of_half[event.end.half] = column
        return column

    def of_segment(self, event):
        """Those of its sender and its receiver."""
        segment = event.segment
        lanes = (None if segment.is_incoming else event.lane), segment.to_lane
        return tuple(self._of_end(lane, end) for lane, end in zip(lanes, segment.ends, strict=True))

    def _of_end(self, lane, end):
        if lane is None:
            return self.outside()
        process = self._processes[lane]
        known = self._of_socket.get(end) if process in self._split else self._of_process.get(process)
        column = known or self._last.get(process)
        if column is None:
            column = self._last[process] = self._add(process, name_of(lane))
            if process not in self._split:
                self._of_process[process] = column
        return column

    def of_peer(self, event):
        """That of the other end of a connection, or None if it is not known."""
        return self._of_half.get(event.end.half.other) if event.end is not None else None

    def outside(self):
        """That of the peers that are not traced."""
        if self._outside is None:
            self._outside = self._add(None, "not traced")
        return self._outside

    def in_order(self):
        """All columns: processes in the order in which they began, then the peers that are not traced."""
        processes = list(dict.fromkeys(self._processes.values()))
        columns = sorted(self._columns, key=lambda column: index_in(processes, column.process))
        number_labels(columns)
        for number, column in enumerate(columns):
            column.number = number
        return columns

    def _of_next_socket(self, process, end):
        label = f"{self._kind(end)} socket"
        for column in self._columns:
            if column.process is process and column.label == label and column.is_free:
                break
        else:
            column = self._add(process, label)
        self._of_socket[end] = column
        return column

    def _kind(self, end):
        if end in self._accepted:
            return "accepted"
        if end in self._connecting:
            return "connecting"
        return "listening" if end.is_listener else "datagram" if not end.is_stream else "other"

    def _add(self, process, label):
        column = Column(label, process)
        self._columns.append(column)
        return column


def name_of(lane):
    return "child" if lane.forked_from else lane.process


def processes_that_talk_to_themselves(story, processes):
    """Those in which one event causes another; and a process that is alone."""
    by_number = {event.number: event for event in story.events}
    used = {processes[event.lane] for event in story.events}
    found = used if len(used) == 1 else set()
    for effect, causes in story.causes.items():
        for cause in causes:
            of = {processes[by_number[number].lane] for number in (effect, cause) if number in by_number}
            if len(of) == 1 and effect in by_number and cause in by_number:
                found |= of
    return found


def index_in(processes, process):
    return processes.index(process) if process in processes else len(processes)


def number_labels(columns):
    labels = [column.label for column in columns]
    for column in columns:
        same = [other for other in columns if other.label == column.label]
        if labels.count(column.label) > 1:
            for number, other in enumerate(same, 1):
                other.label += f" {number}"

"""The terminal view while programs run: new files and new records are shown as they come."""

import os
import time

from .findings import Finder
from .findings.report import in_place
from .merge import clocks_of, placed
from .model import Joiner
from .reader import NotATrace, TraceFile
from .timeline import Timeline
from .words import is_quiet

INTERVAL = 0.1


def follow(trace, folder, write, width, colours, everything=False, wanted=None, rounds=None):
    """Shows events until it is interrupted, or for this many rounds."""
    timeline = Timeline([], trace.outside, width, colours)
    joiner = Joiner(trace)
    finder = Finder(trace, wanted, follow=True)
    while rounds is None or rounds > 0:
        rounds = rounds and rounds - 1
        find_new_files(trace, folder)
        batch = []
        for file in (*trace.files, *trace.wires):
            batch += [(placed(record) + trace.clocks[file], file, record) for record in file.records()]
        batch.sort(key=lambda item: item[0])
        for event in finder.watch(joiner.events(batch, follow=True, sockets=True)):
            found = finder.take()
            if not everything and not found and is_quiet(event):
                continue
            if timeline.note_lane(event.lane):
                for line in timeline.header():
                    write(line)
            write(timeline.line(event))
            for finding in found:
                for line in in_place(finding, width, colours):
                    write(line)
        time.sleep(INTERVAL)


def find_new_files(trace, folder):
    """Opens the files that have come since."""
    known = {file.name for file in (*trace.files, *trace.wires)}
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        if name.endswith(".jsonl") and name not in known:
            try:
                trace.add(TraceFile(os.path.join(folder, name)))
            except (NotATrace, OSError):
                continue  # its header may not be written yet
    trace.clocks = clocks_of([*trace.files, *trace.wires])
    trace.machines = len({file.header.get("machine") for file in trace.files})
    if not trace.begin and trace.files:
        trace.begin = min(file.header["time"] + trace.clocks[file] for file in trace.files)

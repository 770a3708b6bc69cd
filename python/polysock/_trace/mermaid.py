"""The trace as the text of a Mermaid sequence diagram, for READMEs."""

from .words import describe, harmless, is_quiet

# A longer diagram can't be read, and Mermaid refuses 50,000 characters.
MOST_EVENTS = 300

_SYNTAX = {ord(character): f"#{ord(character)};" for character in "#;<>{}"}


def escaped(text):
    """Text in which Mermaid sees no syntax."""
    return harmless(text).translate(_SYNTAX)


def show(trace, write, everything=False):
    """Writes the diagram; returns how many events it left out."""
    trace.survey()
    write("sequenceDiagram")
    lanes = trace.lanes
    for lane in lanes:
        write(f"    participant L{lane.number} as {escaped(lane.label)}")
    outside = False
    shown = left_out = 0
    for event in trace.events():
        if not everything and is_quiet(event):
            continue
        if shown == MOST_EVENTS:
            left_out += 1
            continue
        shown += 1
        here = f"L{event.lane.number}"
        text = escaped(describe(event))
        sources = {arrow.source.lane for arrow in event.arrows if arrow.source.lane is not event.lane}
        for lane in sources:
            sent = next(arrow for arrow in event.arrows if arrow.source.lane is lane)
            write(f"    L{lane.number}->>{here}: {escaped(sent.source.call)} {sent.bytes:,} B")
        if event.is_outside and event.call != "connect" and "bytes" in event.record:
            if not outside:
                write("    participant X as not traced")
                outside = True
            ends = (here, "X") if event.call.startswith("send") else ("X", here)
            write(f"    {ends[0]}->>{ends[1]}: {text}")
        else:
            write(f"    Note over {here}: {text}")
    if left_out:
        write(f"    %% {left_out} more events are not shown")
    return left_out

"""The trace as the text of a Mermaid sequence diagram, for READMEs."""

from .diagram import MOST_EVENTS, diagram_of
from .diagram.repeats import Loop
from .words import harmless

_SYNTAX = {ord(character): f"#{ord(character)};" for character in "#;<>{}"}
_ARROWS = {"data": "->>", "connect": "->>", "end": "-->>", "reset": "--x", "unread": "-x", "segment": "--)"}


def escaped(text):
    """Text in which Mermaid sees no syntax."""
    return harmless(text).translate(_SYNTAX)


def show(trace, write, everything=False, options=False, most=MOST_EVENTS):
    """Writes the diagram; returns whether it has the whole trace."""
    columns, items, is_whole = diagram_of(trace, everything, options, most)
    write("sequenceDiagram")
    for column in columns:
        write(f"    participant {name_of(column)} as {escaped(column.label)}")
    for item in items:
        if isinstance(item, Loop):
            write(f"    loop {item.times} times")
            for step in item.steps:
                write("    " + line_of(step))
            write("    end")
        else:
            write(line_of(item))
    if not is_whole:
        names = dict.fromkeys(name_of(column) for column in (columns[0], columns[-1]))
        write(f"    Note over {','.join(names)}: the rest is not shown")
    return is_whole


def name_of(column):
    return f"L{column.number}"


def line_of(step):
    text = "<br/>".join(escaped(line) for line in step.lines)
    if step.target is None:
        return f"    Note over {name_of(step.column)}: {text}"
    return f"    {name_of(step.column)}{_ARROWS[step.kind]}{name_of(step.target)}: {text}"

"""What a sequence diagram shows of a trace, for every view that draws one: `collect` reads the trace, `order` puts its
events into an order that is the same for every run, `columns` decides what has a column, `steps` makes arrows and notes
of the events, `repeats` shortens what is repeated.

A diagram shows what happened and not when: it has no times, process ids or ports that the system chose, so that two
runs of the same programs give the same diagram.
"""

from .collect import MOST_EVENTS, collect
from .repeats import shortened
from .steps import steps_of

# A longer diagram can't be read.
MOST_ITEMS = 300


def diagram_of(trace, everything=False, options=False, most=MOST_EVENTS):
    """(columns, items, whether it has all of the trace); an item is a `Step` or a `Loop`.

    With `options`, it has the options that are set, too; with `everything`, all calls. It ends after `most` events."""
    story = collect(trace, everything, options, most)
    columns, steps = steps_of(trace, story)
    items = shortened(steps)
    return columns, items[:MOST_ITEMS], not story.left_out and len(items) <= MOST_ITEMS

"""What detectors have in common."""


class Detector:
    """Finds one kind of mistake. It is made once for a trace and sees its events in order.

    `see` is called with each call that has ended, and with other records such as those of sockets; `wait` with the
    calls that had not ended at the end of the trace; `finish` after that. Each returns findings, or ()
    at once for events that don't matter: `see` is called for very many. `side` is the end of the connection on which
    the call was made, as it was before; None for what is no connection, such as a datagram.
    """

    names: tuple[str, ...] = ()  # of what it finds
    # Of which calls `see` wants to know, as a set of their names; None for everything.
    calls: frozenset[str] | None = None

    def __init__(self, trace, sides):
        self.trace = trace
        self.sides = sides

    def see(self, event, side):
        return ()

    def wait(self, event, side):
        return ()

    def finish(self):
        return ()

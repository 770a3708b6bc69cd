"""`trace()`: recording what sockets do."""

import os

from . import _native


class Trace:
    """A recording, until it is stopped or its `with` block ends."""

    def __init__(self, folder):
        self.folder = folder

    def stop(self):
        """Stops recording; stopping again does nothing."""
        if self.folder is not None:
            self.folder = None
            _native.stop_trace()

    def __enter__(self):
        """Returns the recording, which has already begun."""
        return self

    def __exit__(self, *exception):
        """Stops recording."""
        self.stop()


def trace(folder, *, data=64):
    """Records every call of this process in a new file in `folder`, which is created if necessary.

    Recording begins at once and ends with `stop()` or with the `with` block. `data` is how many bytes of each transfer
    are recorded: a number, "none" or "all". `python -m polysock show FOLDER` shows what was recorded.
    """
    folder = os.fsdecode(folder)
    _native.start_trace(folder, str(data))
    return Trace(folder)

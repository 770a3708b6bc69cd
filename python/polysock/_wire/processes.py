"""Noticing that a process has ended."""

import os
import select


class Process:
    """A process to watch. Making one raises OSError if the process has ended."""

    def __init__(self, pid):
        self._pid = pid
        self._began = self._descriptor = None
        try:
            self._descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            raise
        except (AttributeError, OSError):
            # Python or the kernel lacks it, a filter forbids it, or no descriptor is left.
            self._began = began(pid)

    def close(self):
        if self._descriptor is not None:
            os.close(self._descriptor)

    def register(self, poll):
        """Makes `poll` return when the process ends, where the system reports that."""
        if self._descriptor is not None:
            poll.register(self._descriptor, select.POLLIN)

    def has_ended(self):
        if self._descriptor is not None:
            poll = select.poll()
            poll.register(self._descriptor, select.POLLIN)
            return bool(poll.poll(0))
        try:
            return began(self._pid) != self._began
        except OSError:
            return True


def began(pid):
    """When the process began, in clock ticks since the system did; its number may be reused later. Raises OSError if it
    has ended."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        state, *fields = file.read().rpartition(b")")[2].split()
    if state in (b"Z", b"X"):
        raise ProcessLookupError
    return int(fields[18])

"""Noticing that a process has ended."""

import os
import select


class Process:
    """A process that has not ended. Making it raises OSError if it has."""

    def __init__(self, pid):
        self._pid = pid
        self._began = self._descriptor = None
        try:
            self._descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            raise
        except (AttributeError, OSError):  # an interpreter or a system without it, or a filter forbids it
            self._began = began(pid)

    def close(self):
        if self._descriptor is not None:
            os.close(self._descriptor)

    def register(self, poll):
        """Has a poll end when the process does, where the system can say so."""
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
    """When it began, in the kernel's ticks since the system did: another process may have its number later. Raises
    ProcessLookupError if it has ended."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        state, *fields = file.read().rpartition(b")")[2].split()
    if state in (b"Z", b"X"):
        raise ProcessLookupError
    return int(fields[18])

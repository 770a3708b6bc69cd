"""Limits on open descriptors: this command's own, and how close the processes that may be looked at are to theirs."""

import resource
from dataclasses import dataclass

from .system import System, number, printable

UNLIMITED = "unlimited"


@dataclass(frozen=True)
class Process:
    """A process, how many descriptors it has open, and how many it may have."""

    pid: int
    name: str
    open: int
    limit: int


def own_limits(system):
    """The soft and the hard limit of this process (None: unlimited), which its children have too; None if unknown."""
    if system.live:
        found = resource.getrlimit(resource.RLIMIT_NOFILE)
        return tuple(None if limit == resource.RLIM_INFINITY else limit for limit in found)
    return limits(system.text("proc/self/limits"))


def limits(text):
    """The soft and the hard limit in the text of /proc/PID/limits, or None."""
    for line in (text or "").splitlines():
        if line.startswith("Max open files"):
            words = line.removeprefix("Max open files").split()[:2]
            found = [None if word == UNLIMITED else number(word) for word in words]
            if len(words) == 2 and all(
                value is not None or word == UNLIMITED for value, word in zip(found, words, strict=True)
            ):
                return tuple(found)
    return None


def processes(system):
    """The processes whose descriptors this user may see, the nearest to its limit first."""
    found = []
    pids = [name for name in system.names("proc") if name.isascii() and name.isdigit() and len(name) < 12]
    # Processes end at any moment, and those of other users can't be read: that is not worth a report.
    quiet = System(system.root)
    for pid in pids:
        found_limits = limits(quiet.text(f"proc/{pid}/limits"))
        opened = len(quiet.names(f"proc/{pid}/fd"))
        if found_limits and found_limits[0] and opened:
            name = printable(quiet.text(f"proc/{pid}/comm") or "?", longest=15)
            found.append(Process(int(pid), name, opened, found_limits[0]))
    return sorted(found, key=lambda process: (-process.open / process.limit, process.pid))

"""All detectors."""

from .lost_bytes import PartialSend
from .resets import ResetByUnread, WriteAfterEnd
from .waits import BothWait

DETECTORS = (
    PartialSend,
    ResetByUnread,
    WriteAfterEnd,
    BothWait,
)

# What they may find: the stable names.
NAMES = frozenset(name for detector in DETECTORS for name in detector.names)

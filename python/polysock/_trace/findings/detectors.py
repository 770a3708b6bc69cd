"""All detectors."""

from .exchanges import StickyAndSplit
from .lost_bytes import PartialSend
from .resets import ResetByUnread, WriteAfterEnd
from .short_reads import ShortRead
from .small_sends import NagleDelay, TinyWrites
from .socket_mistakes import SocketMistakes
from .waits import BothSend, BothWait

DETECTORS = (
    PartialSend,
    ResetByUnread,
    WriteAfterEnd,
    BothWait,
    BothSend,
    ShortRead,
    StickyAndSplit,
    TinyWrites,
    NagleDelay,
    SocketMistakes,
)

# What they may find: the stable names.
NAMES = frozenset(name for detector in DETECTORS for name in detector.names)

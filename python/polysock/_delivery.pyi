import enum
from typing import NamedTuple

DISCARD_LIMIT: int

class SendQueue(NamedTuple):
    unsent: int
    unacked: int

class CloseVerdict(enum.Enum):
    PEER_FINISHED = 1
    ACKNOWLEDGED = 2
    TIMED_OUT = 3
    RESET = 4
    LIMIT_REACHED = 5

class CloseReport(NamedTuple):
    verdict: CloseVerdict
    unacked: int
    unsent: int
    discarded: int
    @property
    def delivered(self) -> bool: ...

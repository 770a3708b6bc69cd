"""What became of the bytes that were sent: the results of send_queue() and close_graceful()."""

import enum
from typing import NamedTuple

#: How many of the peer's bytes close_graceful() discards unless a limit is given: what two systems can have on the way.
DISCARD_LIMIT = 16 << 20


class SendQueue(NamedTuple):
    """What was sent and is still on the way, in bytes. A moment later it may be less."""

    #: Not sent yet.
    unsent: int
    #: Sent, but not acknowledged by the peer's system. For a Unix socket an upper limit, of which only 0 is exact.
    unacked: int


class CloseVerdict(enum.Enum):
    """What close_graceful() proved.

    No verdict proves that the peer's program has read the data: only its answer does.
    """

    #: The peer's system has every byte and the end of the stream, acknowledged before the peer's own end arrived.
    PEER_FINISHED = 1
    #: The same, but the peer had ended its own stream before, or so close to it that the order can't be known.
    ACKNOWLEDGED = 2
    #: Time was up. If no byte is unacknowledged or unsent, the peer's system has them all.
    TIMED_OUT = 3
    #: The connection broke: the peer reset it, or the system gave it up.
    RESET = 4
    #: The peer sent more than the limit for discarded input, and the connection was cut.
    LIMIT_REACHED = 5


class CloseReport(NamedTuple):
    """How a graceful close ended."""

    #: What it proved.
    verdict: CloseVerdict
    #: Bytes sent but not acknowledged; for a Unix socket an upper limit.
    unacked: int
    #: Bytes not sent at all.
    unsent: int
    #: Bytes of the peer's that were read and thrown away.
    discarded: int

    @property
    def delivered(self):
        """Whether the peer's system has every byte and the end of the stream."""
        return self.verdict in (CloseVerdict.PEER_FINISHED, CloseVerdict.ACKNOWLEDGED)

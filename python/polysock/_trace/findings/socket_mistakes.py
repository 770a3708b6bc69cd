"""The detectors that look at the life of sockets, as one."""

from .datagrams import Broadcast, Icmp, Lost, Truncated
from .descriptors import CopyKeepsOpen, Stolen
from .inherited import AcceptInherits
from .leaks import Leaked
from .limits import NoTimeout
from .ports import Ports
from .queues import BacklogFull, OneClientAtATime
from .refused import Refused
from .sockets import SocketDetector

PARTS = (
    Ports,
    Refused,
    BacklogFull,
    OneClientAtATime,
    NoTimeout,
    Leaked,
    Stolen,
    CopyKeepsOpen,
    AcceptInherits,
    Truncated,
    Lost,
    Icmp,
    Broadcast,
)


class SocketMistakes(SocketDetector):
    names = tuple(name for part in PARTS for name in part.names)
    parts = PARTS

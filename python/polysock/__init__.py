"""Sockets without the traps: `import polysock as socket`.

The names, arguments, exceptions and constants are the standard module's. Calls are native; what the standard module
writes in Python is Python here too, in files by subject.
"""

# Modules that the standard module imports and that programs reach through it: `socket.errno`, `socket.os`.
import _socket  # noqa: F401
import array  # noqa: F401
import errno  # noqa: F401
import io  # noqa: F401
import os  # noqa: F401
import selectors  # noqa: F401
import sys  # noqa: F401

from . import _constants, _namespace, _native
from ._close_reason import CloseReason
from ._connect import create_connection
from ._constants import *
from ._constants import (  # noqa: F401  # in the standard module's namespace too
    _GLOBAL_DEFAULT_TIMEOUT,
    _LOCALHOST,
    _LOCALHOST_V6,
    IntEnum,
    IntFlag,
    _blocking_errnos,
    _GiveupOnSendfile,
    _intenum_converter,
)
from ._create import _fallback_socketpair, create_server, fromfd, has_dualstack_ipv6, socketpair  # noqa: F401
from ._delivery import CloseReport, CloseVerdict, SendQueue
from ._descriptors import recv_fds, send_fds
from ._exceptions import Unfinished, UnfinishedBatch, UnfinishedReceive
from ._makefile import SocketIO
from ._message_server import MessageServer, MessageServerStats
from ._names import getaddrinfo, getfqdn
from ._native import (
    CMSG_LEN,
    CMSG_SPACE,
    Connection,
    Framing,
    Reader,
    SocketType,
    TcpInfo,
    TruncatedError,
    close,
    dup,
    get_try_first,
    gethostbyaddr,
    gethostbyname,
    gethostbyname_ex,
    gethostname,
    getnameinfo,
    getprotobyname,
    getservbyname,
    getservbyport,
    htonl,
    htons,
    if_indextoname,
    if_nameindex,
    if_nametoindex,
    inet_aton,
    inet_ntoa,
    inet_ntop,
    inet_pton,
    ntohl,
    ntohs,
    set_try_first,
    sethostname,
    try_counts,
)
from ._patch import patch, unpatch
from ._server import Server
from ._socket_class import socket
from ._timeout import getdefaulttimeout, setdefaulttimeout
from ._tracing import Trace, trace

__version__ = _native.__version__

__all__ = [
    *_constants.__all__,
    "CMSG_LEN",
    "CMSG_SPACE",
    "CloseReason",
    "CloseReport",
    "CloseVerdict",
    "Connection",
    "Framing",
    "MessageServer",
    "MessageServerStats",
    "Reader",
    "SendQueue",
    "Server",
    "SocketIO",
    "SocketType",
    "TcpInfo",
    "Trace",
    "TruncatedError",
    "Unfinished",
    "UnfinishedBatch",
    "UnfinishedReceive",
    "close",
    "create_connection",
    "create_server",
    "dup",
    "fromfd",
    "get_try_first",
    "getaddrinfo",
    "getdefaulttimeout",
    "getfqdn",
    "gethostbyaddr",
    "gethostbyname",
    "gethostbyname_ex",
    "gethostname",
    "getnameinfo",
    "getprotobyname",
    "getservbyname",
    "getservbyport",
    "has_dualstack_ipv6",
    "htonl",
    "htons",
    "if_indextoname",
    "if_nameindex",
    "if_nametoindex",
    "inet_aton",
    "inet_ntoa",
    "inet_ntop",
    "inet_pton",
    "ntohl",
    "ntohs",
    "patch",
    "recv_fds",
    "send_fds",
    "set_try_first",
    "setdefaulttimeout",
    "sethostname",
    "socket",
    "socketpair",
    "trace",
    "try_counts",
    "unpatch",
]

_namespace.publish(__name__, __all__)

from ._close_reason import CloseReason as CloseReason
from ._connect import create_connection as create_connection
from ._constants import *
from ._constants import AddressFamily as AddressFamily, SocketKind as SocketKind
from ._create import (
    create_server as create_server,
    fromfd as fromfd,
    has_dualstack_ipv6 as has_dualstack_ipv6,
    socketpair as socketpair,
)
from ._delivery import CloseReport as CloseReport, CloseVerdict as CloseVerdict, SendQueue as SendQueue
from ._descriptors import recv_fds as recv_fds, send_fds as send_fds
from ._exceptions import (
    Unfinished as Unfinished,
    UnfinishedBatch as UnfinishedBatch,
    UnfinishedReceive as UnfinishedReceive,
)
from ._makefile import SocketIO as SocketIO
from ._message_server import MessageServer as MessageServer, MessageServerStats as MessageServerStats
from ._names import getaddrinfo as getaddrinfo, getfqdn as getfqdn
from ._native import (
    CMSG_LEN as CMSG_LEN,
    CMSG_SPACE as CMSG_SPACE,
    Connection as Connection,
    Framing as Framing,
    Reader as Reader,
    SocketType as SocketType,
    TcpInfo as TcpInfo,
    TruncatedError as TruncatedError,
    close as close,
    dup as dup,
    get_try_first as get_try_first,
    gethostbyaddr as gethostbyaddr,
    gethostbyname as gethostbyname,
    gethostbyname_ex as gethostbyname_ex,
    gethostname as gethostname,
    getnameinfo as getnameinfo,
    getprotobyname as getprotobyname,
    getservbyname as getservbyname,
    getservbyport as getservbyport,
    htonl as htonl,
    htons as htons,
    if_indextoname as if_indextoname,
    if_nameindex as if_nameindex,
    if_nametoindex as if_nametoindex,
    inet_aton as inet_aton,
    inet_ntoa as inet_ntoa,
    inet_ntop as inet_ntop,
    inet_pton as inet_pton,
    ntohl as ntohl,
    ntohs as ntohs,
    set_try_first as set_try_first,
    sethostname as sethostname,
    try_counts as try_counts,
)
from ._patch import patch as patch, unpatch as unpatch
from ._server import Server as Server
from ._socket_class import socket as socket
from ._timeout import getdefaulttimeout as getdefaulttimeout, setdefaulttimeout as setdefaulttimeout
from ._tracing import Trace as Trace, trace as trace

__version__: str

import io
from collections.abc import Iterable
from typing import IO, Any, Literal, Self, SupportsIndex

from _typeshed import ReadableBuffer, WriteableBuffer

from . import _native
from ._constants import *
from ._constants import AddressFamily as AddressFamily
from ._constants import SocketKind as SocketKind
from ._meta import SocketMeta
from ._native import CMSG_LEN as CMSG_LEN
from ._native import CMSG_SPACE as CMSG_SPACE
from ._native import SocketType as SocketType
from ._native import TcpInfo as TcpInfo
from ._native import TruncatedError as TruncatedError
from ._native import close as close
from ._native import dup as dup
from ._native import get_try_first as get_try_first
from ._native import gethostbyaddr as gethostbyaddr
from ._native import gethostbyname as gethostbyname
from ._native import gethostbyname_ex as gethostbyname_ex
from ._native import gethostname as gethostname
from ._native import getnameinfo as getnameinfo
from ._native import getprotobyname as getprotobyname
from ._native import getservbyname as getservbyname
from ._native import getservbyport as getservbyport
from ._native import htonl as htonl
from ._native import htons as htons
from ._native import if_indextoname as if_indextoname
from ._native import if_nameindex as if_nameindex
from ._native import if_nametoindex as if_nametoindex
from ._native import inet_aton as inet_aton
from ._native import inet_ntoa as inet_ntoa
from ._native import inet_ntop as inet_ntop
from ._native import inet_pton as inet_pton
from ._native import ntohl as ntohl
from ._native import ntohs as ntohs
from ._native import set_try_first as set_try_first
from ._native import sethostname as sethostname
from ._native import try_counts as try_counts
from ._patch import patch as patch
from ._patch import unpatch as unpatch
from ._server import Server as Server

_Address = tuple[Any, ...] | str | ReadableBuffer
_RetAddress = Any

class socket(_native.socket, metaclass=SocketMeta):
    _io_refs: int
    _closed: bool
    def __init__(
        self,
        family: AddressFamily | int = -1,
        type: SocketKind | int = -1,
        proto: int = -1,
        fileno: int | None = None,
    ) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *args: object) -> None: ...
    def __getstate__(self) -> Any: ...
    @property
    def family(self) -> AddressFamily | int: ...  # type: ignore[override]
    @property
    def type(self) -> SocketKind | int: ...  # type: ignore[override]
    def accept(self) -> tuple[socket, _RetAddress]: ...
    def dup(self) -> Self: ...
    def makefile(
        self,
        mode: str = "r",
        buffering: int | None = None,
        *,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> Any: ...
    def sendfile(self, file: IO[bytes], offset: int = 0, count: int | None = None) -> int: ...
    def close(self) -> None: ...
    def close_fin_first(self) -> None: ...
    def abort(self) -> None: ...
    def detach(self) -> int: ...
    def get_inheritable(self) -> bool: ...
    def set_inheritable(self, inheritable: bool) -> None: ...

class SocketIO(io.RawIOBase):
    def __init__(self, sock: socket, mode: Literal["r", "w", "rw", "rb", "wb", "rwb"]) -> None: ...
    def readinto(self, b: WriteableBuffer) -> int | None: ...
    def write(self, b: ReadableBuffer) -> int | None: ...
    @property
    def name(self) -> int: ...
    @property
    def mode(self) -> str: ...

def fromfd(fd: SupportsIndex, family: AddressFamily | int, type: SocketKind | int, proto: int = 0) -> socket: ...
def socketpair(
    family: AddressFamily | int | None = None, type: SocketKind | int = ..., proto: int = 0
) -> tuple[socket, socket]: ...
def send_fds(
    sock: socket,
    buffers: Iterable[ReadableBuffer],
    fds: Iterable[int],
    flags: int = 0,
    address: _Address | None = None,
) -> int: ...
def recv_fds(sock: socket, bufsize: int, maxfds: int, flags: int = 0) -> tuple[bytes, list[int], int, _RetAddress]: ...
def getfqdn(name: str = "") -> str: ...
def getaddrinfo(
    host: str | bytes | None,
    port: str | bytes | int | None,
    family: int = 0,
    type: int = 0,
    proto: int = 0,
    flags: int = 0,
) -> list[tuple[AddressFamily | int, SocketKind | int, int, str, _RetAddress]]: ...
def create_connection(
    address: tuple[str | bytes | None, str | bytes | int | None],
    timeout: float | None = ...,
    source_address: _Address | None = None,
    *,
    all_errors: bool = False,
) -> socket: ...
def has_dualstack_ipv6() -> bool: ...
def create_server(
    address: _Address,
    *,
    family: int = ...,
    backlog: int | None = None,
    reuse_port: bool = False,
    dualstack_ipv6: bool = False,
) -> socket: ...

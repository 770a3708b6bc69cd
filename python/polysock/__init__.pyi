import io
from collections.abc import Iterable
from typing import IO, Any, Literal, Self, SupportsIndex, overload

from _typeshed import ReadableBuffer, WriteableBuffer

from . import _native
from ._constants import *
from ._constants import AddressFamily as AddressFamily, SocketKind as SocketKind
from ._exceptions import Unfinished as Unfinished, UnfinishedReceive as UnfinishedReceive
from ._meta import SocketMeta
from ._native import (
    CMSG_LEN as CMSG_LEN,
    CMSG_SPACE as CMSG_SPACE,
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

__version__: str

_TextMode = Literal["r", "w", "rw", "wr", ""]
_BinaryReadMode = Literal["b", "rb", "br"]
_BinaryWriteMode = Literal["wb", "bw"]
_BinaryReadWriteMode = Literal["rwb", "rbw", "wrb", "wbr", "brw", "bwr"]

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
    # What open() would give for the mode: text, or what buffers what may be read, written or both, or the raw file.
    @overload
    def makefile(
        self,
        mode: _TextMode = "r",
        buffering: int | None = None,
        *,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> io.TextIOWrapper: ...
    @overload
    def makefile(
        self,
        mode: _BinaryReadMode | _BinaryWriteMode | _BinaryReadWriteMode,
        buffering: Literal[0],
        *,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> SocketIO: ...
    @overload
    def makefile(
        self,
        mode: _BinaryReadMode,
        buffering: Literal[-1, 1] | None = None,
        *,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> io.BufferedReader: ...
    @overload
    def makefile(
        self,
        mode: _BinaryWriteMode,
        buffering: Literal[-1, 1] | None = None,
        *,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> io.BufferedWriter: ...
    @overload
    def makefile(
        self,
        mode: _BinaryReadWriteMode,
        buffering: Literal[-1, 1] | None = None,
        *,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> io.BufferedRWPair: ...
    @overload
    def makefile(
        self,
        mode: str,
        buffering: int | None = None,
        *,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> io.IOBase: ...
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
    happy_eyeballs_delay: float | None = 0.25,
) -> socket: ...
def getdefaulttimeout() -> float | None: ...
def setdefaulttimeout(timeout: float | None, /) -> None: ...
def has_dualstack_ipv6() -> bool: ...
def create_server(
    address: _Address,
    *,
    family: int = ...,
    backlog: int | None = None,
    reuse_port: bool = False,
    dualstack_ipv6: bool = False,
) -> socket: ...

import io
from typing import Any, Literal, Self, SupportsIndex

from _typeshed import ReadableBuffer, WriteableBuffer

from . import _native
from ._constants import *
from ._constants import AddressFamily as AddressFamily
from ._constants import SocketKind as SocketKind
from ._meta import SocketMeta
from ._native import TruncatedError as TruncatedError
from ._patch import patch as patch
from ._patch import unpatch as unpatch

_Address = tuple[Any, ...] | str | ReadableBuffer
_RetAddress = Any

class socket(_native.Socket, metaclass=SocketMeta):
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

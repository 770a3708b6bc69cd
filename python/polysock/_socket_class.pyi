import io
from typing import IO, Any, Literal, Self, overload

from . import _native
from ._constants import AddressFamily, SocketKind
from ._delivery import CloseReport, SendQueue
from ._makefile import SocketIO
from ._meta import SocketMeta
from ._native import _RetAddress

_TextMode = Literal["r", "w", "rw", "wr", ""]
_BinaryReadMode = Literal["b", "rb", "br"]
_BinaryWriteMode = Literal["wb", "bw"]
_BinaryReadWriteMode = Literal["rwb", "rbw", "wrb", "wbr", "brw", "bwr"]

class socket(_native.socket, metaclass=SocketMeta):
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
    def close_graceful(self, timeout: float | None, *, limit: int = 16777216) -> CloseReport: ...
    def send_queue(self) -> SendQueue: ...
    def abort(self) -> None: ...
    def detach(self) -> int: ...
    def get_inheritable(self) -> bool: ...
    def set_inheritable(self, inheritable: bool) -> None: ...

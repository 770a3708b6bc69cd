from collections.abc import Iterable

from _typeshed import ReadableBuffer

from ._native import _Address, _RetAddress
from ._socket_class import socket

def send_fds(
    sock: socket,
    buffers: Iterable[ReadableBuffer],
    fds: Iterable[int],
    flags: int = 0,
    address: _Address | None = None,
) -> int: ...
def recv_fds(sock: socket, bufsize: int, maxfds: int, flags: int = 0) -> tuple[bytes, list[int], int, _RetAddress]: ...

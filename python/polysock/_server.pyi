from collections.abc import Callable
from typing import Any, Self

from . import socket

_Address = Any

class Server:
    listener: socket
    address: _Address
    def __init__(
        self,
        address: tuple[str | bytes | bytearray | None, int] | tuple[str, int, int, int] | str | bytes | socket,
        handler: Callable[[socket, _Address], object],
        *,
        max_connections: int = 100,
        backlog: int | None = None,
        on_error: Callable[[BaseException, _Address | None], object] | None = None,
    ) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exception: object) -> None: ...
    @property
    def connections(self) -> int: ...
    def start(self) -> None: ...
    def serve_forever(self) -> None: ...
    def stop(self, timeout: float | None = 5.0) -> int: ...

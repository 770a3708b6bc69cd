from collections.abc import Callable
from typing import Any, NamedTuple, Self

from ._socket_class import socket

_Address = Any

class ServerStats(NamedTuple):
    handled: int
    resets: int
    idle_timeouts: int
    handler_timeouts: int

class Server:
    def __init__(
        self,
        address: tuple[str | bytes | bytearray | None, int] | tuple[str, int, int, int] | str | bytes | socket,
        handler: Callable[[socket, _Address], object],
        *,
        max_connections: int = 100,
        backlog: int | None = None,
        on_error: Callable[[BaseException, _Address | None], object] | None = None,
        idle_timeout: float | None = None,
        handler_timeout: float | None = None,
    ) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exception: object) -> None: ...
    @property
    def listener(self) -> socket: ...
    @property
    def address(self) -> _Address: ...
    @property
    def connections(self) -> int: ...
    @property
    def stats(self) -> ServerStats: ...
    def start(self) -> None: ...
    def serve_forever(self) -> None: ...
    def stop(self, timeout: float | None = 5.0) -> int: ...

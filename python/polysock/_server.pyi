from collections.abc import Callable
from typing import NamedTuple

from ._serving import Serving, _Address, _ListenAt
from ._socket_class import socket

class ServerStats(NamedTuple):
    handled: int
    resets: int
    idle_timeouts: int
    handler_timeouts: int

class Server(Serving):
    def __init__(
        self,
        address: _ListenAt,
        handler: Callable[[socket, _Address], object],
        *,
        max_connections: int = 100,
        backlog: int | None = None,
        on_error: Callable[[BaseException, _Address | None], object] | None = None,
        idle_timeout: float | None = None,
        handler_timeout: float | None = None,
    ) -> None: ...
    @property
    def stats(self) -> ServerStats: ...

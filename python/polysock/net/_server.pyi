from collections.abc import Callable
from typing import Any

from .._native import NetSocket, ServerSocket, SocketAddress
from .._server import ServerStats
from ._serving import Serving

class Server(Serving):
    def __init__(
        self,
        endpoint: int | SocketAddress | ServerSocket,
        handler: Callable[[NetSocket], object],
        maxConnections: int = 100,
        onError: Callable[[BaseException, Any], object] | None = None,
        idleTimeout: int = 0,
        handlerTimeout: int = 0,
    ) -> None: ...
    def getStats(self) -> ServerStats: ...

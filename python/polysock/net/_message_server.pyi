from collections.abc import Callable
from typing import Protocol

from _typeshed import ReadableBuffer

from .._close_reason import CloseReason
from .._message_server import MessageServerStats
from .._native import Framing, JavaConnection, ServerSocket, SocketAddress
from ._serving import Serving

class _Handler(Protocol):
    # And if the class has them: onOpen, onClose, onError.
    def onMessage(self, connection: JavaConnection, message: bytes, /) -> ReadableBuffer | None: ...

class MessageServer(Serving):
    def __init__(
        self,
        endpoint: int | SocketAddress | ServerSocket,
        onMessage: Callable[[JavaConnection, bytes], ReadableBuffer | None] | _Handler,
        framing: Framing | None = None,
        onOpen: Callable[[JavaConnection], object] | None = None,
        onClose: Callable[[JavaConnection, CloseReason], object] | None = None,
        onError: Callable[[BaseException, JavaConnection | None], object] | None = None,
        maxConnections: int = 10000,
        workers: int = 16,
        maxUnsent: int = 262144,
        rawReplies: bool = False,
        idleTimeout: int = 0,
        handlerTimeout: int = 0,
    ) -> None: ...
    def getStats(self) -> MessageServerStats: ...

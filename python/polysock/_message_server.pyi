from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from _typeshed import ReadableBuffer

from ._close_reason import CloseReason
from ._native import Connection, Framing
from ._serving import Serving, _ListenAt

class _Handler(Protocol):
    # And if the class has them: on_open, on_close, on_error.
    def on_message(self, connection: Connection, message: bytes, /) -> ReadableBuffer | None: ...

class MessageServerStats(NamedTuple):
    handled: int
    resets: int
    idle_timeouts: int
    handler_timeouts: int
    bad_messages: int

def callbacks(names: tuple[str, ...], first: Any, *others: Any) -> tuple[Any, ...]: ...

class MessageServer(Serving):
    def __init__(
        self,
        address: _ListenAt,
        on_message: Callable[[Connection, bytes], ReadableBuffer | None] | _Handler,
        *,
        framing: Framing | None = None,
        on_open: Callable[[Connection], object] | None = None,
        on_close: Callable[[Connection, CloseReason], object] | None = None,
        on_error: Callable[[BaseException, Connection | None], object] | None = None,
        max_connections: int = 10000,
        workers: int = 16,
        max_unsent: int = 262144,
        raw_replies: bool = False,
        backlog: int | None = None,
        idle_timeout: float | None = None,
        handler_timeout: float | None = None,
    ) -> None: ...
    @property
    def stats(self) -> MessageServerStats: ...

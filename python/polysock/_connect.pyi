from ._native import _Address
from ._socket_class import socket

def create_connection(
    address: tuple[str | bytes | None, str | bytes | int | None],
    timeout: float | None = ...,
    source_address: _Address | None = None,
    *,
    all_errors: bool = False,
    happy_eyeballs_delay: float | None = 0.25,
) -> socket: ...

from ._constants import AddressFamily, SocketKind
from ._native import _RetAddress

def getfqdn(name: str = "") -> str: ...
def getaddrinfo(
    host: str | bytes | None,
    port: str | bytes | int | None,
    family: int = 0,
    type: int = 0,
    proto: int = 0,
    flags: int = 0,
) -> list[tuple[AddressFamily | int, SocketKind | int, int, str, _RetAddress]]: ...

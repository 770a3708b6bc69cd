"""What every case checks."""

import ssl
import sys

BIG = bytes(range(256)) * 4096


def module_in_use():
    """`polysock` or `socket`, as test_clients.py chose."""
    return sys.argv[2]


def ours(sock):
    """The connection is made by the module under test: of exactly its class."""
    sock = getattr(sock, "_sock", sock)  # asyncio shows a wrapper
    expected = sys.modules["socket"].socket
    assert expected.__module__ == module_in_use(), expected
    assert type(sock) is expected, type(sock)
    return sock


def tls(sock):
    """TLS is the standard module's, over a descriptor that was ours."""
    assert isinstance(sock, ssl.SSLSocket), type(sock)
    assert isinstance(sock, sys.modules["socket"].socket)
    return sock

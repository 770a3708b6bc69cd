"""Sockets in Java's manner: the names and rules of java.net.

Every exception is Java's and Python's at once: `SocketTimeoutException` is a `TimeoutError`, and so on.
"""

from socket import gaierror

from . import _native

InputStream = _native.InputStream
OutputStream = _native.OutputStream
ServerSocket = _native.ServerSocket
Socket = _native.NetSocket

__all__ = [
    "BindException",
    "ConnectException",
    "IOException",
    "InputStream",
    "NoRouteToHostException",
    "OutputStream",
    "ServerSocket",
    "Socket",
    "SocketException",
    "SocketTimeoutException",
    "UnknownHostException",
]


class IOException(OSError):
    """Input or output failed."""


class SocketException(IOException):
    """A socket failed: it is closed, the connection was reset, …"""


class BindException(SocketException):
    """The address or port is in use or not ours."""


class ConnectException(SocketException, ConnectionError):
    """Nobody listens there, or nobody answered."""


class NoRouteToHostException(SocketException):
    """There is no way to the host."""


class SocketTimeoutException(IOException, TimeoutError):
    """The time limit of a read, an accept or a connect passed; the socket stays usable."""


class UnknownHostException(IOException, gaierror):
    """The host has no address."""

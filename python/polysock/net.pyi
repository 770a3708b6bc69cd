from socket import gaierror

from ._native import InputStream as InputStream
from ._native import NetSocket as Socket
from ._native import OutputStream as OutputStream
from ._native import ServerSocket as ServerSocket

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

class IOException(OSError): ...
class SocketException(IOException): ...
class BindException(SocketException): ...
class ConnectException(SocketException, ConnectionError): ...
class NoRouteToHostException(SocketException): ...
class SocketTimeoutException(IOException, TimeoutError): ...
class UnknownHostException(IOException, gaierror): ...

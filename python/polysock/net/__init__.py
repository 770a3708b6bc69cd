"""Sockets in Java's manner: the names and rules of java.net, and what Java programs read and write their streams with.

Every exception is Java's and Python's at once: `SocketTimeoutException` is a `TimeoutError`, and so on.
"""

from .. import _native
from ._errors import (
    BindException,
    ConnectException,
    EOFException,
    IllegalArgumentException,
    IndexOutOfBoundsException,
    InterruptedIOException,
    IOException,
    NoRouteToHostException,
    NullPointerException,
    PortUnreachableException,
    ProtocolException,
    SocketException,
    SocketTimeoutException,
    UnknownFormatConversionException,
    UnknownHostException,
    UnsupportedOperationException,
    UTFDataFormatException,
)
from ._streams import (
    BufferedInputStream,
    BufferedOutputStream,
    DataInputStream,
    DataOutputStream,
    FilterInputStream,
    FilterOutputStream,
    InputStream,
    OutputStream,
)
from ._text import (
    BufferedReader,
    BufferedWriter,
    InputStreamReader,
    OutputStreamWriter,
    PrintStream,
    PrintWriter,
    Reader,
    Writer,
)

Inet4Address = _native.Inet4Address
Inet6Address = _native.Inet6Address
InetAddress = _native.InetAddress
InetSocketAddress = _native.InetSocketAddress
ServerSocket = _native.ServerSocket
Socket = _native.NetSocket
SocketAddress = _native.SocketAddress

__all__ = [
    "BindException",
    "BufferedInputStream",
    "BufferedOutputStream",
    "BufferedReader",
    "BufferedWriter",
    "ConnectException",
    "DataInputStream",
    "DataOutputStream",
    "EOFException",
    "FilterInputStream",
    "FilterOutputStream",
    "IOException",
    "IllegalArgumentException",
    "IndexOutOfBoundsException",
    "Inet4Address",
    "Inet6Address",
    "InetAddress",
    "InetSocketAddress",
    "InputStream",
    "InputStreamReader",
    "InterruptedIOException",
    "NoRouteToHostException",
    "NullPointerException",
    "OutputStream",
    "OutputStreamWriter",
    "PortUnreachableException",
    "PrintStream",
    "PrintWriter",
    "ProtocolException",
    "Reader",
    "ServerSocket",
    "Socket",
    "SocketAddress",
    "SocketException",
    "SocketTimeoutException",
    "UTFDataFormatException",
    "UnknownFormatConversionException",
    "UnknownHostException",
    "UnsupportedOperationException",
    "Writer",
]

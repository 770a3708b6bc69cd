"""Java-style sockets: the names and rules of java.net, and the streams that Java programs read and write with.

Every exception is both Java's and Python's: `SocketTimeoutException` is a `TimeoutError`, and so on.
"""

import sys

from .. import _namespace, _native
from .._close_reason import CloseReason
from ._absent import INSTEAD
from ._data_streams import DataInputStream, DataOutputStream
from ._errors import (
    BindException,
    ConnectException,
    EOFException,
    IllegalArgumentException,
    IllegalFormatConversionException,
    IllegalStateException,
    IndexOutOfBoundsException,
    InputMismatchException,
    InterruptedIOException,
    IOException,
    MissingFormatArgumentException,
    NoRouteToHostException,
    NoSuchElementException,
    NullPointerException,
    PortUnreachableException,
    ProtocolException,
    SocketException,
    SocketTimeoutException,
    UnknownFormatConversionException,
    UnknownHostException,
    UnsupportedEncodingException,
    UnsupportedOperationException,
    UTFDataFormatException,
)
from ._message_server import MessageServer
from ._scanner import Scanner
from ._server import Server
from ._streams import (
    BufferedInputStream,
    BufferedOutputStream,
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

Connection = _native.JavaConnection
DatagramPacket = _native.DatagramPacket
DatagramSocket = _native.DatagramSocket
ExtendedSocketOptions = _native.ExtendedSocketOptions
Framing = _native.Framing
MulticastSocket = _native.MulticastSocket
NetworkInterface = _native.NetworkInterface
SocketOption = _native.SocketOption
StandardSocketOptions = _native.StandardSocketOptions
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
    "CloseReason",
    "ConnectException",
    "Connection",
    "DataInputStream",
    "DataOutputStream",
    "DatagramPacket",
    "DatagramSocket",
    "EOFException",
    "ExtendedSocketOptions",
    "FilterInputStream",
    "FilterOutputStream",
    "Framing",
    "IOException",
    "IllegalArgumentException",
    "IllegalFormatConversionException",
    "IllegalStateException",
    "IndexOutOfBoundsException",
    "Inet4Address",
    "Inet6Address",
    "InetAddress",
    "InetSocketAddress",
    "InputMismatchException",
    "InputStream",
    "InputStreamReader",
    "InterruptedIOException",
    "MessageServer",
    "MissingFormatArgumentException",
    "MulticastSocket",
    "NetworkInterface",
    "NoRouteToHostException",
    "NoSuchElementException",
    "NullPointerException",
    "OutputStream",
    "OutputStreamWriter",
    "PortUnreachableException",
    "PrintStream",
    "PrintWriter",
    "ProtocolException",
    "Reader",
    "Scanner",
    "Server",
    "ServerSocket",
    "Socket",
    "SocketAddress",
    "SocketException",
    "SocketOption",
    "SocketTimeoutException",
    "StandardSocketOptions",
    "UTFDataFormatException",
    "UnknownFormatConversionException",
    "UnknownHostException",
    "UnsupportedEncodingException",
    "UnsupportedOperationException",
    "Writer",
]

_namespace.publish(__name__, __all__)


def __getattr__(name):
    text = f"module {__name__!r} has no attribute {name!r}"
    if name in INSTEAD:
        text = f"{__name__} has no {name}: use {INSTEAD[name]}"
        # `from polysock.net import name` looks the name up here before it raises ImportError without a hint.
        if sys._getframe(1).f_code.co_name == "_handle_fromlist":
            raise ImportError(text, name=__name__)
    raise AttributeError(text, name=name, obj=sys.modules[__name__])

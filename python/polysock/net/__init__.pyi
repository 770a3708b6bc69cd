from .._native import DatagramPacket as DatagramPacket
from .._native import DatagramSocket as DatagramSocket
from .._native import ExtendedSocketOptions as ExtendedSocketOptions
from .._native import Inet4Address as Inet4Address
from .._native import Inet6Address as Inet6Address
from .._native import InetAddress as InetAddress
from .._native import InetSocketAddress as InetSocketAddress
from .._native import MulticastSocket as MulticastSocket
from .._native import NetSocket as Socket
from .._native import NetworkInterface as NetworkInterface
from .._native import ServerSocket as ServerSocket
from .._native import SocketAddress as SocketAddress
from .._native import SocketOption as SocketOption
from .._native import StandardSocketOptions as StandardSocketOptions
from ._errors import BindException as BindException
from ._errors import ConnectException as ConnectException
from ._errors import EOFException as EOFException
from ._errors import IllegalArgumentException as IllegalArgumentException
from ._errors import IllegalFormatConversionException as IllegalFormatConversionException
from ._errors import IllegalStateException as IllegalStateException
from ._errors import IndexOutOfBoundsException as IndexOutOfBoundsException
from ._errors import InputMismatchException as InputMismatchException
from ._errors import InterruptedIOException as InterruptedIOException
from ._errors import IOException as IOException
from ._errors import MissingFormatArgumentException as MissingFormatArgumentException
from ._errors import NoRouteToHostException as NoRouteToHostException
from ._errors import NoSuchElementException as NoSuchElementException
from ._errors import NullPointerException as NullPointerException
from ._errors import PortUnreachableException as PortUnreachableException
from ._errors import ProtocolException as ProtocolException
from ._errors import SocketException as SocketException
from ._errors import SocketTimeoutException as SocketTimeoutException
from ._errors import UnknownFormatConversionException as UnknownFormatConversionException
from ._errors import UnknownHostException as UnknownHostException
from ._errors import UnsupportedEncodingException as UnsupportedEncodingException
from ._errors import UnsupportedOperationException as UnsupportedOperationException
from ._errors import UTFDataFormatException as UTFDataFormatException
from ._scanner import Scanner as Scanner
from ._server import Server as Server
from ._streams import BufferedInputStream as BufferedInputStream
from ._streams import BufferedOutputStream as BufferedOutputStream
from ._streams import DataInputStream as DataInputStream
from ._streams import DataOutputStream as DataOutputStream
from ._streams import FilterInputStream as FilterInputStream
from ._streams import FilterOutputStream as FilterOutputStream
from ._streams import InputStream as InputStream
from ._streams import OutputStream as OutputStream
from ._text import BufferedReader as BufferedReader
from ._text import BufferedWriter as BufferedWriter
from ._text import InputStreamReader as InputStreamReader
from ._text import OutputStreamWriter as OutputStreamWriter
from ._text import PrintStream as PrintStream
from ._text import PrintWriter as PrintWriter
from ._text import Reader as Reader
from ._text import Writer as Writer

__all__ = [
    "BindException",
    "BufferedInputStream",
    "BufferedOutputStream",
    "BufferedReader",
    "BufferedWriter",
    "ConnectException",
    "DataInputStream",
    "DataOutputStream",
    "DatagramPacket",
    "DatagramSocket",
    "EOFException",
    "ExtendedSocketOptions",
    "FilterInputStream",
    "FilterOutputStream",
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

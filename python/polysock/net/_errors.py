"""Java's exceptions. Each is Python's as well, and knows the number of the system's error where there is one."""

from socket import gaierror

from .._exceptions import SignatureOfArguments


class IOException(OSError):
    """Input or output failed."""

    __signature__ = SignatureOfArguments()

    def getMessage(self):
        """What happened, None if nothing is known."""
        if self.strerror is not None:
            return self.strerror
        return str(self.args[0]) if self.args else None

    def __str__(self):
        return self.getMessage() or ""


class EOFException(IOException, EOFError):
    """The stream ended in the middle of what was to be read."""


class UTFDataFormatException(IOException):
    """Bytes that are no modified UTF-8, or text that is too long for it."""


class UnsupportedEncodingException(IOException):
    """An encoding of text that is not known."""


class SocketException(IOException):
    """A socket failed: it is closed, the connection was reset, …"""


class BindException(SocketException):
    """The address or port is in use or not ours."""


class ConnectException(SocketException, ConnectionRefusedError):
    """Nobody listens there, or nobody answered."""


class NoRouteToHostException(SocketException):
    """There is no way to the host."""


class PortUnreachableException(SocketException, ConnectionRefusedError):
    """Nobody receives at the port that a datagram socket is connected to."""


class InterruptedIOException(IOException):
    """Input or output ended early; `bytesTransferred` bytes had moved."""

    bytesTransferred = 0


class SocketTimeoutException(InterruptedIOException, TimeoutError):
    """The time limit of a read, an accept, a receive or a connect passed; the socket stays usable."""


class UnknownHostException(IOException, gaierror):
    """The host has no address."""


class ProtocolException(IOException):
    """The peer did not keep to the protocol."""


class _Unchecked(Exception):
    __signature__ = SignatureOfArguments()

    def getMessage(self):
        """What was wrong, None if nothing is known."""
        return str(self.args[0]) if self.args else None


class IllegalArgumentException(_Unchecked, ValueError):
    """A port, a timeout, a size or the like is out of range."""


class UnknownFormatConversionException(IllegalArgumentException):
    """A conversion of `printf` that is not known."""


class MissingFormatArgumentException(IllegalArgumentException):
    """A conversion of `printf` without an argument."""


class IllegalFormatConversionException(IllegalArgumentException):
    """An argument of `printf` that its conversion is not for."""


class NullPointerException(_Unchecked, TypeError):
    """None where there must be something."""


class IndexOutOfBoundsException(_Unchecked, IndexError):
    """A part of a buffer that does not lie within it."""


class UnsupportedOperationException(_Unchecked, NotImplementedError):
    """An option that this kind of socket does not have."""


class IllegalStateException(_Unchecked, RuntimeError):
    """Not now: the scanner is closed."""


class NoSuchElementException(_Unchecked, LookupError):
    """There is no further word or line."""


class InputMismatchException(NoSuchElementException, ValueError):
    """The next word is not what was asked for."""


class _ConnectionReset(SocketException, ConnectionResetError):
    """A SocketException that is Python's ConnectionResetError as well."""


class _BrokenPipe(SocketException, BrokenPipeError):
    """A SocketException that is Python's BrokenPipeError as well."""


# Java has one class for both: what is printed names it.
_ConnectionReset.__name__ = _BrokenPipe.__name__ = "SocketException"
_ConnectionReset.__qualname__ = _BrokenPipe.__qualname__ = "SocketException"

for _class in list(vars().values()):
    if isinstance(_class, type) and _class.__module__ == __name__:
        _class.__module__ = "polysock.net"

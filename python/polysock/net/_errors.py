"""Java's exceptions. Each is Python's as well, and knows the number of the system's error where there is one."""

import traceback
from socket import gaierror

from .._signature import ConstructorSignature, any_arguments


class _Throwable:
    """The methods that all of Java's exceptions have."""

    # The package of the class in Java, for toString().
    _package = "java.net"

    def getLocalizedMessage(self):
        """As `getMessage`."""
        return self.getMessage()

    def getCause(self):
        """The exception that this one was raised `from`, or None."""
        return self.__cause__

    def initCause(self, cause, /):
        """Sets the exception that this one came from, and returns this one."""
        if cause is self:
            raise IllegalArgumentException("Self-causation not permitted")
        self.__cause__ = cause
        return self

    def addSuppressed(self, exception, /):
        """Adds an exception that was suppressed in order to raise this one."""
        if exception is self:
            raise IllegalArgumentException("Self-suppression not permitted")
        if exception is None:
            raise NullPointerException("Cannot suppress a null exception.")
        self._suppressed = (*self.getSuppressed(), exception)

    def getSuppressed(self):
        """The suppressed exceptions, in the order in which they were added."""
        return getattr(self, "_suppressed", ())

    def printStackTrace(self, out=None, /):
        """Prints what happened and where, as Python does: to standard error, or a PrintStream, PrintWriter or text
        file."""
        traceback.print_exception(self, file=out)

    def toString(self):
        """Java's name of the exception and its message, such as "java.net.ConnectException: Connection refused"."""
        name = f"{self._package}.{type(self).__name__}"
        message = self.getLocalizedMessage()
        return name if message is None else f"{name}: {message}"


class IOException(_Throwable, OSError):
    """Input or output failed."""

    __signature__ = ConstructorSignature(any_arguments)
    _package = "java.io"

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

    _package = "java.net"


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

    _package = "java.net"


class UnknownHostException(IOException, gaierror):
    """The host has no address."""

    _package = "java.net"


class ProtocolException(IOException):
    """The peer did not keep to the protocol."""

    _package = "java.net"


class _Unchecked(_Throwable, Exception):
    __signature__ = ConstructorSignature(any_arguments)
    _package = "java.lang"

    def getMessage(self):
        """What was wrong, None if nothing is known."""
        return str(self.args[0]) if self.args else None


class IllegalArgumentException(_Unchecked, ValueError):
    """A port, a timeout, a size or the like is out of range."""


class UnknownFormatConversionException(IllegalArgumentException):
    """A conversion of `printf` that is not known."""

    _package = "java.util"


class MissingFormatArgumentException(IllegalArgumentException):
    """A conversion of `printf` without an argument."""

    _package = "java.util"


class IllegalFormatConversionException(IllegalArgumentException):
    """An argument of `printf` that its conversion is not for."""

    _package = "java.util"


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

    _package = "java.util"


class InputMismatchException(NoSuchElementException, ValueError):
    """The next word is not what was asked for."""


class _ConnectionReset(SocketException, ConnectionResetError):
    """A SocketException that is Python's ConnectionResetError as well."""


class _BrokenPipe(SocketException, BrokenPipeError):
    """A SocketException that is Python's BrokenPipeError as well."""


# Java has one class for both: what is printed names it.
for _class in (_ConnectionReset, _BrokenPipe):
    _class.__name__ = _class.__qualname__ = "SocketException"
    _class.__module__ = __package__

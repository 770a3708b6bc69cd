"""Java's exceptions. Each is a Python exception too, with the errno if a system call failed."""

import traceback
from socket import gaierror

from .._signature import ConstructorSignature, any_arguments


class _Throwable:
    """The methods that all of Java's exceptions have."""

    # The package of the class in Java, for toString().
    _package = "java.net"

    def __init__(self, *args):
        # As in Java: a message, a cause, or both. OSError also takes an errno and a message.
        *before, last = args or (None,)
        if before and last is None:
            args = before
        elif isinstance(last, BaseException):
            args = before or [_shown(last)]
        super().__init__(*args)
        if isinstance(last, BaseException):
            self.__cause__ = last

    def getLocalizedMessage(self):
        """The same as `getMessage`."""
        return self.getMessage()

    def getCause(self):
        """The exception that this one was raised `from`, or None."""
        return self.__cause__

    def initCause(self, cause, /):
        """Sets the exception that caused this one, and returns this one."""
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
        """Prints the traceback, as Python does: to standard error, or to a PrintStream, PrintWriter or text file."""
        traceback.print_exception(self, file=out)

    def toString(self):
        """Java's name for the exception and its message, such as "java.net.ConnectException: Connection refused"."""
        name = f"{self._package}.{type(self).__name__}"
        message = self.getLocalizedMessage()
        return name if message is None else f"{name}: {message}"


class IOException(_Throwable, OSError):
    """Input or output failed."""

    __signature__ = ConstructorSignature(any_arguments)
    _package = "java.io"

    def getMessage(self):
        """What happened; None if unknown."""
        return _first(self.args) if self.strerror is None else self.strerror

    def __str__(self):
        return self.getMessage() or ""


class EOFException(IOException, EOFError):
    """The stream ended in the middle of a value."""


class UTFDataFormatException(IOException):
    """Bytes that are not modified UTF-8, or a text that is too long for it."""


class UnsupportedEncodingException(IOException):
    """An unknown text encoding."""


class SocketException(IOException):
    """A socket operation failed: the socket is closed, the connection was reset, and so on."""

    _package = "java.net"


class BindException(SocketException):
    """The address or port is in use, or is not one of this machine."""


class ConnectException(SocketException, ConnectionRefusedError):
    """Nothing listens at the address, or it did not answer."""


class NoRouteToHostException(SocketException):
    """There is no route to the host."""


class PortUnreachableException(SocketException, ConnectionRefusedError):
    """Nothing receives at the port that a datagram socket is connected to."""


class InterruptedIOException(IOException):
    """Input or output ended early, after `bytesTransferred` bytes."""

    bytesTransferred = 0


class SocketTimeoutException(InterruptedIOException, TimeoutError):
    """A read, an accept, a receive or a connect took longer than its timeout; the socket stays usable."""

    _package = "java.net"


class UnknownHostException(IOException, gaierror):
    """The host has no address."""

    _package = "java.net"


class ProtocolException(IOException):
    """The peer violated the protocol."""

    _package = "java.net"


class _Unchecked(_Throwable, Exception):
    __signature__ = ConstructorSignature(any_arguments)
    _package = "java.lang"

    def getMessage(self):
        """What was wrong; None if unknown."""
        return _first(self.args)


class IllegalArgumentException(_Unchecked, ValueError):
    """A port, a timeout, a size or another argument is out of range."""


class UnknownFormatConversionException(IllegalArgumentException):
    """An unknown conversion in a `printf` pattern."""

    _package = "java.util"


class MissingFormatArgumentException(IllegalArgumentException):
    """A conversion in a `printf` pattern without an argument."""

    _package = "java.util"


class IllegalFormatConversionException(IllegalArgumentException):
    """An argument of `printf` that its conversion does not accept."""

    _package = "java.util"


class NullPointerException(_Unchecked, TypeError):
    """None where a value is required."""


class IndexOutOfBoundsException(_Unchecked, IndexError):
    """A range that does not lie within its buffer."""


class UnsupportedOperationException(_Unchecked, NotImplementedError):
    """An option that this kind of socket does not support."""


class IllegalStateException(_Unchecked, RuntimeError):
    """The scanner is closed."""


class NoSuchElementException(_Unchecked, LookupError):
    """There is no further token or line."""

    _package = "java.util"


class InputMismatchException(NoSuchElementException, ValueError):
    """The next token is not of the type asked for."""


class _ConnectionReset(SocketException, ConnectionResetError):
    """A SocketException that is Python's ConnectionResetError as well."""


class _BrokenPipe(SocketException, BrokenPipeError):
    """A SocketException that is Python's BrokenPipeError as well."""


# Both are one class in Java, so both show its name.
for _class in (_ConnectionReset, _BrokenPipe):
    _class.__name__ = _class.__qualname__ = "SocketException"
    _class.__module__ = __package__


def _first(arguments):
    """The message among the arguments of an exception."""
    return None if not arguments or arguments[0] is None else str(arguments[0])


def _shown(exception):
    """An exception as Java shows it: its name and its message."""
    if isinstance(exception, _Throwable):
        return exception.toString()
    name, message = type(exception).__qualname__, str(exception)
    return f"{name}: {message}" if message else name

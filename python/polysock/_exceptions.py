"""What our exceptions have beyond the standard module's: for `isinstance`, type checkers and `inspect`."""

from ._native import TruncatedError
from ._signature import ConstructorSignature, any_arguments


class _HasAttributes(type):
    """The metaclass of classes whose instances are all exceptions with certain attributes.

    A protocol of `typing` would do the same, but importing that takes as long as importing this whole package.
    """

    def __instancecheck__(cls, instance):
        return isinstance(instance, BaseException) and all(hasattr(instance, name) for name in cls._attributes)

    def __call__(cls, *args):
        raise TypeError(f"{cls.__name__} is only for isinstance(), it can't be called")


class Unfinished(metaclass=_HasAttributes):
    """An exception that ended a transfer in the middle, after `done` bytes.

    sendall(), sendfile() and recv_exact() raise such exceptions: OSError, TimeoutError, EOFError and whatever a signal
    handler raises.

        try:
            sock.sendall(data)
        except OSError as exc:
            if isinstance(exc, polysock.Unfinished):
                print(exc.done, "bytes went out")
    """

    _attributes = ("done",)

    @property
    def done(self):
        """How many bytes had been transferred."""


class UnfinishedReceive(Unfinished):
    """An exception that ended recv_exact(), which also has the bytes received: `partial`."""

    _attributes = ("done", "partial")

    @property
    def partial(self):
        """The bytes received."""


class UnfinishedBatch(Unfinished):
    """An exception of send_batch() when some datagrams were refused: `done` were sent, `failures` lists the others.

    try:
        sock.send_batch(datagrams)
    except OSError as exc:
        if isinstance(exc, polysock.UnfinishedBatch):
            for index, reason in exc.failures:
                print(f"datagram {index}: {reason}")
    """

    _attributes = ("done", "failures")

    @property
    def failures(self):
        """The refused datagrams: the index and the exception of each."""


TruncatedError.__signature__ = ConstructorSignature(any_arguments)

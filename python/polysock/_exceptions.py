"""What exceptions know beyond the standard module's: for `isinstance`, for type checkers, for `inspect`."""

from ._native import TruncatedError


class _HasAttributes(type):
    """The metaclass of classes whose instances are the exceptions that have certain attributes.

    A protocol of `typing` would do the same, but importing that takes as long as importing all of this package.
    """

    def __instancecheck__(cls, instance):
        return isinstance(instance, BaseException) and all(hasattr(instance, name) for name in cls._attributes)

    def __call__(cls, *args):
        raise TypeError(f"{cls.__name__} is for isinstance(), it has no objects of its own")


class Unfinished(metaclass=_HasAttributes):
    """An exception that ended a transfer in the middle: `done` bytes had moved.

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
        """How many bytes had moved."""


class UnfinishedReceive(Unfinished):
    """The same for recv_exact(), with the bytes that came: `partial`."""

    _attributes = ("done", "partial")

    @property
    def partial(self):
        """The bytes that came."""


class SignatureOfArguments:
    """The signature of exceptions that are made in C, which has none to show: any arguments."""

    def __get__(self, instance, owner):
        import inspect  # which is the one that asks

        if inspect.isfunction(owner.__init__) or inspect.isfunction(owner.__new__):
            raise AttributeError("__signature__")
        return inspect.Signature([inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL)])


TruncatedError.__signature__ = SignatureOfArguments()

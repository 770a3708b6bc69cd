"""The metaclass that makes TLS sockets, whose class derives from the standard one, instances of ours too."""

import _socket
import abc
import sys

_standard = _socket.socket


class SocketMeta(abc.ABCMeta):
    """The metaclass of `polysock.socket`. An ABCMeta, so that a subclass may also derive from an ABC.

    Only the class itself, not its subclasses, recognises the standard module's sockets.
    """

    def __new__(mcls, name, bases, namespace, **options):
        if "__module__" not in namespace:  # made by a call of type(): ABCMeta would name `abc` as its module
            namespace = {**namespace, "__module__": sys._getframe(1).f_globals.get("__name__")}
        return super().__new__(mcls, name, bases, namespace, **options)

    def __instancecheck__(cls, instance):
        return super().__instancecheck__(instance) or (is_the_socket_class(cls) and isinstance(instance, _standard))

    def __subclasscheck__(cls, subclass):
        return super().__subclasscheck__(subclass) or (is_the_socket_class(cls) and issubclass(subclass, _standard))


def is_the_socket_class(cls):
    """Whether this is `polysock.socket`: the only class of this metaclass without a base of this metaclass."""
    return not any(isinstance(base, SocketMeta) for base in cls.__bases__)

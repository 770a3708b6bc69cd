"""Sockets on their way to other processes: arguments of a spawned process, objects in a pipe or a queue."""

import sys

import polysock

_MODULE = "multiprocessing.reduction"


def register(cls):
    """Makes multiprocessing's pickler take sockets of exactly this class, where a program has loaded it."""
    reduction = sys.modules.get(_MODULE)
    if reduction is not None and hasattr(reduction, "ForkingPickler"):  # else it is being loaded
        reduction.ForkingPickler._extra_reducers.setdefault(cls, reduce)


def is_pickling(frame):
    """Whether a frame that pickles an object is multiprocessing's."""
    return frame.f_globals.get("__name__") == _MODULE


def reduce(sock):
    """What makes the same socket in the process that gets it, of its own descriptor."""
    from multiprocessing.reduction import DupFd

    how = (sock.family, sock.type, sock.proto, sock.gettimeout())
    return _rebuild, (DupFd(sock.fileno()), *how)


def _rebuild(descriptor, family, type, proto, timeout):
    sock = polysock.socket(family, type, proto, fileno=descriptor.detach())
    sock.settimeout(timeout)
    return sock

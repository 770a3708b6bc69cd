"""Lets multiprocessing pass sockets to other processes: as arguments, through pipes and through queues."""

import sys

from ._namespace import package

_MODULE = "multiprocessing.reduction"


def register(cls):
    """Lets multiprocessing's pickler, if it is loaded, pickle sockets of exactly this class."""
    reduction = sys.modules.get(_MODULE)
    if reduction is not None and hasattr(reduction, "ForkingPickler"):  # else it is still being loaded
        reduction.ForkingPickler._extra_reducers.setdefault(cls, reduce)


def is_pickling(frame):
    """Whether the frame that is pickling an object belongs to multiprocessing."""
    return frame.f_globals.get("__name__") == _MODULE


def reduce(sock):
    """What the receiving process needs to make the same socket, with a new descriptor."""
    from multiprocessing.reduction import DupFd

    how = (sock.family, sock.type, sock.proto, sock.gettimeout())
    return _rebuild, (DupFd(sock.fileno()), *how)


def _rebuild(descriptor, family, type, proto, timeout):
    sock = package.socket(family, type, proto, fileno=descriptor.detach())
    sock.settimeout(timeout)
    return sock

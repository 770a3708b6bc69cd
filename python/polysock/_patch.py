"""`patch()`: programs that import the standard module get this one.

Out of reach are functions, classes and default arguments that modules loaded earlier imported from the standard module
(it warns of those it sees), objects that exist already, and child processes (see `python -m polysock run`).
TLS sockets remain objects of the standard class over a descriptor of ours, because the C code of `ssl` requires it;
they do not have what this library adds to sockets.
"""

import contextlib
import sys
import threading
import types
import warnings

from ._constants import _standard
from ._namespace import package

# `ssl` always keeps the standard module.
_LEFT_ALONE = {"_socket", "_ssl", "ssl", "socket"}
# A module that imported one of these from the standard module makes standard sockets.
_MAKERS = ("socket", "create_connection", "create_server", "fromfd", "socketpair")

# `from socket import *` must not replace a program's `patch`.
_NOT_OF_THE_STANDARD_MODULE = {"Server", "Trace", "patch", "trace", "unpatch"}

_lock = threading.Lock()
_undo = []


def patch():
    """Makes `import socket` mean this module, in modules loaded later and in those loaded already.

    Call it first: a module that ran `from socket import socket` before keeps the standard class, and a RuntimeWarning
    names it. Calling it again does nothing.
    """
    with contextlib.suppress(ImportError):
        import ssl  # noqa: F401  (its classes derive from what `socket` is now)
    with _lock:
        holders = [] if _undo else _patch(package)
    if holders:
        text = "these were taken out of the standard socket module before polysock.patch() and stay as they are: "
        warnings.warn(text + ", ".join(sorted(holders)), RuntimeWarning, stacklevel=2)


# Not in the `with` of patch: in CPython 3.14, what a signal handler raises where a loop begins again may escape it.
def _patch(ours):
    """Returns what stays as it is."""
    holders = []
    _set(sys.modules, "socket", ours)
    _set(vars(ours), "__all__", [name for name in ours.__all__ if name not in _NOT_OF_THE_STANDARD_MODULE])
    for name, names in _loaded_modules():
        for key, value in list(names.items()):
            if value is _standard:
                _set(names, key, ours)
            elif _makes_standard_sockets(value):
                holders.append(f"{name}.{key}")
    _register_with_multiprocessing(ours.socket)
    return holders


def unpatch():
    """Undoes `patch()`: in the modules that were loaded then, and for modules loaded from now on.

    Modules that were loaded and sockets that were made in between keep this one.
    """
    with _lock:
        _undo_all()


def _undo_all():
    while _undo:
        _undo.pop()()


def _set(names, key, ours):
    before = names.get(key)

    def undo():
        if names.get(key) is ours:  # else it has been replaced since
            if before is None:
                del names[key]
            else:
                names[key] = before

    names[key] = ours
    _undo.append(undo)


def _loaded_modules():
    """The names and globals of the modules that patch() looks at."""
    for name, module in list(sys.modules.items()):
        if name in _LEFT_ALONE or name.partition(".")[0] == __package__:
            continue
        if issubclass(type(module), types.ModuleType):
            # Not vars(), which would load a lazy module.
            yield name, object.__getattribute__(module, "__dict__")


def _makes_standard_sockets(value):
    # Not isinstance(), which would call into proxies.
    if not issubclass(type(value), type):
        return any(value is getattr(_standard, name, None) for name in _MAKERS)
    tls = getattr(sys.modules.get("ssl"), "SSLSocket", None)
    # Not `in`, which would call a metaclass's __eq__.
    is_standard, is_tls = (any(base is cls for base in value.__mro__) for cls in (_standard.socket, tls))
    return is_standard and not is_tls


def _register_with_multiprocessing(cls):
    """Registers our class with multiprocessing, which pickles sockets by exact class."""
    reduction = sys.modules.get("multiprocessing.reduction")
    if reduction is None:
        _undo.append(_register_the_standard_class)
    elif hasattr(reduction, "_reduce_socket"):
        reduction.register(cls, reduction._reduce_socket)
        _undo.append(lambda: reduction.ForkingPickler._extra_reducers.pop(cls, None))


def _register_the_standard_class():
    reduction = sys.modules.get("multiprocessing.reduction")
    if hasattr(reduction, "_reduce_socket"):
        reduction.register(_standard.socket, reduction._reduce_socket)

"""The constants, enums and exceptions of the running interpreter: the same objects everywhere.

Which constants exist depends on the interpreter and the system, so they are not listed here.
"""

import _socket
import errno
import socket as _standard
from enum import IntEnum, IntFlag  # noqa: F401  # in the standard module's namespace too

from socket import AddressFamily, AddressInfo, MsgFlag, SocketKind, gaierror, herror, timeout  # isort: skip

error = OSError
has_ipv6 = _standard.has_ipv6
CAPI = _socket.CAPI
# ssl, http.client and others compare the first by identity, and catch the second.
_GLOBAL_DEFAULT_TIMEOUT = _standard._GLOBAL_DEFAULT_TIMEOUT
_GiveupOnSendfile = _standard._GiveupOnSendfile
# The errors of a call that would have to wait.
_blocking_errnos = {errno.EAGAIN, errno.EWOULDBLOCK}
_LOCALHOST = "127.0.0.1"
_LOCALHOST_V6 = "::1"

_constants = {
    name: value
    for name, value in vars(_standard).items()
    # Also AF_DECnet; the only texts are two Bluetooth addresses.
    if name.partition("_")[0].isupper() and isinstance(value, (int, str))
}
globals().update(_constants)

__all__ = [
    *sorted(_constants),
    "CAPI",
    "AddressFamily",
    "AddressInfo",
    "MsgFlag",
    "SocketKind",
    "error",
    "gaierror",
    "has_ipv6",
    "herror",
    "timeout",
]


def _intenum_converter(value, enum_klass):
    """Converts a number to a member of an enum class; a number without a member stays as it is."""
    try:
        return enum_klass(value)
    except ValueError:
        return value

"""Passing file descriptors over a Unix socket."""

import array

from ._constants import SCM_RIGHTS, SOL_SOCKET
from ._native import CMSG_LEN


def send_fds(sock, buffers, fds, flags=0, address=None):
    """Sends buffers over a Unix socket, with file descriptors attached.

    `flags` has no effect, as in the standard module: some programs (pyroute2) pass something else there. Use `sendmsg`
    for flags.
    """
    return sock.sendmsg(buffers, [(SOL_SOCKET, SCM_RIGHTS, array.array("i", fds))], 0, address)


def recv_fds(sock, bufsize, maxfds, flags=0):
    """Receives bytes and up to `maxfds` file descriptors over a Unix socket; returns (bytes, fds, flags, address)."""
    fds = array.array("i")
    data, ancillary, flags, address = sock.recvmsg(bufsize, CMSG_LEN(maxfds * fds.itemsize), flags)
    for level, kind, rights in ancillary:
        if (level, kind) == (SOL_SOCKET, SCM_RIGHTS):
            fds.frombytes(rights[: len(rights) - len(rights) % fds.itemsize])
    return data, list(fds), flags, address

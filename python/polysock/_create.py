"""Sockets made in one call: from a descriptor, as a pair, listening."""

import contextlib
import operator

from . import _native
from ._constants import (
    _LOCALHOST,
    _LOCALHOST_V6,
    AF_INET,
    AF_INET6,
    AF_UNIX,
    IPPROTO_IPV6,
    IPV6_V6ONLY,
    SO_REUSEADDR,
    SOCK_STREAM,
    SOL_SOCKET,
    error,
)
from ._namespace import package
from ._socket_class import socket


def fromfd(fd, family, type, proto=0):
    """Returns a socket object for a duplicate of a file descriptor."""
    new = package.dup(fd)
    try:
        return package.socket(family, type, proto, new)
    except BaseException:
        if package.socket is socket:  # another class may own it by now
            package.close(new)
        raise


def socketpair(family=None, type=SOCK_STREAM, proto=0):
    """Returns two sockets connected to each other, by default Unix sockets."""
    if family is None:
        family = AF_UNIX
    first, second = _native.socketpair(family, type, proto)
    first = package.socket(family, type, proto, _for_the_class(first))
    try:
        return first, package.socket(family, type, proto, _for_the_class(second))
    except BaseException:
        first.close()
        raise


def _for_the_class(unclaimed):
    """Our class takes an unclaimed socket as `fileno`; a class that replaces ours gets the descriptor's number."""
    return unclaimed if package.socket is socket else operator.index(unclaimed)


def _fallback_socketpair(family=AF_INET, type=SOCK_STREAM, proto=0):
    """Returns two TCP sockets connected over loopback, as on systems without socketpair(2)."""
    if family not in (AF_INET, AF_INET6):
        raise ValueError("Only AF_INET and AF_INET6 socket address families are supported")
    if type != SOCK_STREAM:
        raise ValueError("Only SOCK_STREAM socket type is supported")
    if proto != 0:
        raise ValueError("Only protocol zero is supported")
    listener = package.socket(family, type, proto)
    try:
        listener.bind((_LOCALHOST if family == AF_INET else _LOCALHOST_V6, 0))
        listener.listen()
        client = package.socket(family, type, proto)
        try:
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError, InterruptedError):
                client.connect(listener.getsockname()[:2])
            client.setblocking(True)
            server, _ = listener.accept()
        except BaseException:
            client.close()
            raise
    finally:
        listener.close()
    try:
        # Any process on this machine may have connected first.
        if server.getsockname() != client.getpeername() or client.getsockname() != server.getpeername():
            raise ConnectionError("Unexpected peer connection")
    except BaseException:
        server.close()
        client.close()
        raise
    return server, client


def has_dualstack_ipv6():
    """Whether an IPv6 socket can accept IPv4 connections too."""
    if not package.has_ipv6:
        return False
    try:
        with package.socket(AF_INET6, SOCK_STREAM) as sock:
            sock.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 0)
            return True
    except error:
        return False


def create_server(address, *, family=AF_INET, backlog=None, reuse_port=False, dualstack_ipv6=False):
    """Returns a socket that listens on (host, port), with SO_REUSEADDR; for port 0 the system chooses one."""
    if reuse_port and not hasattr(package, "SO_REUSEPORT"):
        raise ValueError("SO_REUSEPORT not supported on this platform")
    if dualstack_ipv6:
        if not package.has_dualstack_ipv6():
            raise ValueError("dualstack_ipv6 not supported on this platform")
        if family != AF_INET6:
            raise ValueError("dualstack_ipv6 requires AF_INET6 family")
    sock = package.socket(family, SOCK_STREAM)
    try:
        sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        if reuse_port:
            sock.setsockopt(SOL_SOCKET, package.SO_REUSEPORT, 1)
        if package.has_ipv6 and family == AF_INET6:
            sock.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 0 if dualstack_ipv6 else 1)
        try:
            sock.bind(address)
        except error as exc:
            raise _not_bound(exc, address) from None
        if backlog is None:
            sock.listen()
        else:
            sock.listen(backlog)
        return sock
    except BaseException:
        sock.close()
        raise


def _not_bound(exc, address):
    explained = error(exc.errno, f"{exc.strerror} (while attempting to bind on address {address!r})")
    for note in getattr(exc, "__notes__", ()):
        explained.add_note(note)
    return explained

"""A network namespace of a pair's own: nothing but what its drivers send is on its loopback interface."""

import contextlib
import ctypes
import fcntl
import os
import pathlib
import socket
import struct

CLONE_NEWNET = 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
CURRENT = "/proc/thread-self/ns/net"


class NoNetwork(Exception):
    """The system does not allow it; the text says why."""


class Network:
    """A namespace with its loopback interface up. It lives as long as this object or a process inside.

    A namespace belongs to a thread: `with network:` moves the calling thread in and back out, and what is made inside
    (sockets, processes) stays inside. Python has unshare and setns only from 3.12 on.
    """

    def __init__(self):
        self.fd, self.outside = -1, -1
        self.outside = os.open(CURRENT, os.O_RDONLY) if os.path.exists(CURRENT) else -1
        try:
            call("unshare", CLONE_NEWNET)
            try:
                self.fd = os.open(CURRENT, os.O_RDONLY)
                loopback_up()
                keep_time_wait()
            finally:
                call("setns", self.outside, CLONE_NEWNET)
        except OSError as exc:
            self.close()
            raise NoNetwork(f"no network namespace: {exc.strerror}") from exc

    def __enter__(self):
        call("setns", self.fd, CLONE_NEWNET)
        return self

    def __exit__(self, *exc):
        call("setns", self.outside, CLONE_NEWNET)

    def close(self):
        for fd in (self.fd, self.outside):
            if fd >= 0:
                os.close(fd)
        self.fd = self.outside = -1


class NoNamespace(contextlib.nullcontext):
    """The network as it is."""

    def close(self):
        pass


def call(name, *arguments):
    function = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    if function is None:
        raise OSError(0, f"the system has no {name}")
    if function(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(s, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def keep_time_wait():
    """Lets no reset end a connection in TIME_WAIT early (RFC 1337).

    On a busy machine a FIN may be sent again although its acknowledgement is on the way. The acknowledgement of the second
    one finds the other end closed and is answered by a reset, and the port would be free at once.
    """
    with contextlib.suppress(OSError):  # where /proc/sys is read-only
        pathlib.Path("/proc/sys/net/ipv4/tcp_rfc1337").write_text("1", encoding="ascii")

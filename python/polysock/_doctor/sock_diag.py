"""The listening sockets with the limits of their queues, which /proc does not show: sock_diag(7)."""

import struct
from dataclasses import dataclass

import polysock

from .sockets import address_of

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_REQUEST, NLM_F_DUMP = 0x1, 0x300
TCP_LISTEN = 10
# Bytes; the kernel fills at most 32 KiB at once.
LONGEST_ANSWER = 1 << 16
# Seconds to wait for the kernel.
WAIT_LIMIT = 5

MESSAGE = struct.Struct("=IHHII")  # length, type, flags, sequence number, port
REQUEST = struct.Struct("=BBBxI48s")  # family, protocol, extensions, states, socket
# Family, state, timer, retransmissions; port and peer's port, addresses, interface, cookie; expires, the two queues,
# user, inode.
SOCKET = struct.Struct("=BBBB2s2s16s16sIQIIIII")


@dataclass(frozen=True)
class Listener:
    """A listening socket, the connections that wait to be accepted, and how many may (None: not known)."""

    address: str
    port: int
    waiting: int
    limit: int | None

    def is_full(self):
        """Whether the kernel refuses further connections: the queue holds one more than the limit."""
        return self.limit is not None and self.waiting > self.limit


def listeners():
    """All listening TCP sockets of this network namespace. Raises OSError where the kernel or a filter refuses."""
    found = []
    for family in (polysock.AF_INET, polysock.AF_INET6):
        with polysock.socket(polysock.AF_NETLINK, polysock.SOCK_DGRAM, NETLINK_SOCK_DIAG) as sock:
            sock.settimeout(WAIT_LIMIT)
            request = REQUEST.pack(family, polysock.IPPROTO_TCP, 0, 1 << TCP_LISTEN, bytes(48))
            flags = NLM_F_REQUEST | NLM_F_DUMP
            sock.send(MESSAGE.pack(MESSAGE.size + len(request), SOCK_DIAG_BY_FAMILY, flags, 1, 0) + request)
            ended = False
            while not ended:
                some, ended, error = parse(sock.recv(LONGEST_ANSWER))
                found += some
                if error:
                    raise OSError(error, "the kernel refuses sock_diag")
    return found


def parse(data):
    """The listeners in an answer, whether it was the last one, and the errno that it reports, or 0."""
    found, at = [], 0
    while at + MESSAGE.size <= len(data):
        length, kind, *_ = MESSAGE.unpack_from(data, at)
        body = data[at + MESSAGE.size : at + length]
        if length < MESSAGE.size or at + length > len(data) or kind == NLMSG_DONE:
            return found, True, 0
        if kind == NLMSG_ERROR:
            return found, True, -struct.unpack_from("=i", body.ljust(4, b"\0"))[0]
        if kind == SOCK_DIAG_BY_FAMILY and len(body) >= SOCKET.size:
            family, state, _, _, port, _, source, _, _, _, _, waiting, limit, _, _ = SOCKET.unpack_from(body)
            if state == TCP_LISTEN:
                host = address_of(source[:4] if family == polysock.AF_INET else source)
                found.append(Listener(host, int.from_bytes(port, "big"), waiting, limit))
        at += (length + 3) & ~3
    return found, at == 0, 0

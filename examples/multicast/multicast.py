"""One sender, two receivers on the same port: joining a group, and leaving it."""

import os
import struct

import polysock as socket

IP_MULTICAST_ALL = 49  # from linux/in.h; Python has no name for it

# A group that only this process uses, so that runs don't disturb each other. 239.x.y.z is for private use.
GROUP = f"239.255.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"
LOOPBACK = "127.0.0.1"  # the interface, by an address that it has
MEMBERSHIP = socket.inet_aton(GROUP) + socket.inet_aton(LOOPBACK)


def receiver(port: int) -> socket.socket:
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # so that both receivers can have the port
    s.setsockopt(socket.IPPROTO_IP, IP_MULTICAST_ALL, 0)  # only groups that this socket has joined itself
    s.bind(("", port))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, MEMBERSHIP)
    return s


def received(s: socket.socket, timeout: float) -> str:
    s.settimeout(timeout)
    try:
        return s.recv(100).decode()
    except TimeoutError:
        return "nothing"


with receiver(0) as first, receiver(first.getsockname()[1]) as second:
    to = (GROUP, first.getsockname()[1])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(LOOPBACK))
        (ttl,) = struct.unpack("b", sender.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1))
        print(f"the sender has not joined; its datagrams pass {ttl - 1} routers")

        sender.sendto(b"hello, both", to)
        print("the first receiver:", received(first, 5))
        print("the second receiver:", received(second, 5))

        second.setsockopt(socket.IPPROTO_IP, socket.IP_DROP_MEMBERSHIP, MEMBERSHIP)
        print("the second receiver leaves")
        sender.sendto(b"hello, first", to)
        print("the first receiver:", received(first, 5))
        print("the second receiver:", received(second, 0.2))

"""Writes to a peer that has gone, and survives, Java style:  client_net.py HOST PORT"""

import errno
import sys
import time

from polysock.net import IOException, Socket


def connected() -> Socket:
    s = Socket(sys.argv[1], int(sys.argv[2]))
    s.setSoTimeout(5_000)
    return s


def receive(s: Socket) -> None:
    try:
        n = s.getInputStream().read(bytearray(1))
        print(f"  recv: {max(n, 0)} bytes")  # java.net returns -1 at the end of the stream
    except IOException as exception:
        print(f"  recv: {errno.errorcode[exception.errno]}")


def send(s: Socket, data: bytes) -> bool:
    try:
        s.getOutputStream().write(data)
        print(f"  send: {len(data)} bytes")
    except IOException as exception:
        print(f"  send: {errno.errorcode[exception.errno]}")
        return False
    return True


print("a peer that closed")
with connected() as s:
    s.getOutputStream().write(b"close")
    receive(s)

    # Sending is still allowed: the end of the peer's stream says nothing about ours. Success means that the
    # kernel of this host has a copy of the bytes. It says nothing about the peer, whose kernel answers with a
    # reset.
    send(s, b"first")

    # The reset takes a moment. java.net can't wait for it: getTcpInfo() of polysock.net says when it has come.
    deadline = time.monotonic() + 5
    while s.getTcpInfo().state != "CLOSED" and time.monotonic() < deadline:
        time.sleep(0.001)
    send(s, b"second")

print("a peer that reset")
with connected() as s:
    s.getOutputStream().write(b"reset")
    receive(s)
    send(s, b"third")

print("still running: no SIGPIPE")

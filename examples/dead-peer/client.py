"""Writes to a peer that has gone, and survives:  client.py HOST PORT"""

import errno
import select
import sys
from collections.abc import Callable

import polysock as socket

address = (sys.argv[1], int(sys.argv[2]))


def show(name: str, call: Callable[[], bytes | int]) -> None:
    try:
        result = call()
    except OSError as error:  # BrokenPipeError, ConnectionResetError
        print(f"  {name}: {errno.errorcode[error.errno]}")
    else:
        print(f"  {name}: {len(result) if isinstance(result, bytes) else result} bytes")


print("a peer that closed")
with socket.create_connection(address, timeout=5) as s:
    s.sendall(b"close")
    show("recv", lambda: s.recv(1))  # b"": the end of the peer's stream

    # Sending is still allowed: the end of the peer's stream says nothing about ours. Success means that the
    # kernel of this host has a copy of the bytes. It says nothing about the peer, whose kernel answers with a
    # reset.
    show("send", lambda: s.send(b"first"))

    # The reset takes a moment. It counts as a hang-up, which poll always reports.
    gone = select.poll()
    gone.register(s, 0)
    gone.poll(5_000)
    show("send", lambda: s.send(b"second"))

print("a peer that reset")
with socket.create_connection(address, timeout=5) as s:
    s.sendall(b"reset")
    show("recv", lambda: s.recv(1))  # a plain socket would report it only once
    show("send", lambda: s.send(b"third"))

print("still running: no SIGPIPE")

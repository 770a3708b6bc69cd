"""A stream socket whose next call reports that its connect was refused; and a datagram socket that is not connected, so
that it never learns that nothing receives its datagrams."""

import contextlib
import errno
import socket

with socket.socket() as deaf, socket.socket() as client:
    deaf.bind(("127.0.0.1", 0))
    client.setblocking(False)
    assert client.connect_ex(deaf.getsockname()) == errno.EINPROGRESS
    client.settimeout(10)
    with contextlib.suppress(ConnectionRefusedError):
        client.recv(100)

with socket.socket(type=socket.SOCK_DGRAM) as gone:
    gone.bind(("127.0.0.1", 0))
    address = gone.getsockname()
with socket.socket(type=socket.SOCK_DGRAM) as client:
    client.settimeout(0.2)
    client.sendto(b"hello?", address)
    with contextlib.suppress(TimeoutError):
        client.recv(100)
    client.sendto(b"hello?", address)

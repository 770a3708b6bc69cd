"""ECONNREFUSED of a connect, which is about this call; and a datagram that nobody receives, of a socket that is not
connected."""

import socket

with socket.socket(type=socket.SOCK_DGRAM) as gone:
    gone.bind(("127.0.0.1", 0))
    address = gone.getsockname()
with socket.socket(type=socket.SOCK_DGRAM) as client:
    client.settimeout(0.2)
    client.sendto(b"hello?", address)
    try:
        client.recv(100)
    except TimeoutError:
        client.sendto(b"hello?", address)

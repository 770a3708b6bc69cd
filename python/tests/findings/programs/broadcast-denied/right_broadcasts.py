"""A broadcast that was asked for, and a datagram to one receiver."""

import socket

with socket.socket(type=socket.SOCK_DGRAM) as sender:
    sender.sendto(b"hello", ("127.0.0.1", 9999))
    sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sender.sendto(b"hello", ("127.255.255.255", 9999))

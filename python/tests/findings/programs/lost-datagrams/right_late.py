"""Datagrams that wait in the buffer until the receiver reads them, and the last ones, which it never reads."""

import socket

with socket.socket(type=socket.SOCK_DGRAM) as receiver, socket.socket(type=socket.SOCK_DGRAM) as sender:
    receiver.bind(("127.0.0.1", 0))
    for number in range(20):
        sender.sendto(b"datagram %d" % number, receiver.getsockname())
    for _ in range(10):
        receiver.recvfrom(100)

"""A receiver that fits exactly, one that looks first, and one that asks for the length."""

import socket

one, other = socket.socketpair(type=socket.SOCK_DGRAM)
for data in (b"exact", b"looked at", b"measured"):
    one.send(data)
print(other.recv(5))
print(other.recv(1, socket.MSG_PEEK | socket.MSG_TRUNC) if hasattr(socket, "MSG_TRUNC") else b"")
print(other.recv(9))
print(other.recv_into(bytearray(3), 3, socket.MSG_TRUNC))
one.close()
other.close()

"""A receiver that fits exactly, one that looks first, and two that ask for the length."""

import socket

one, other = socket.socketpair(type=socket.SOCK_DGRAM)
for data in (b"exact", b"looked at", b"measured", b"measured, too"):
    one.send(data)
print(other.recv(5))
print(other.recv(1, socket.MSG_PEEK | socket.MSG_TRUNC))
print(other.recv(9))
print(other.recv_into(bytearray(3), 3, socket.MSG_TRUNC))
print(other.recvmsg_into([bytearray(3)], 0, socket.MSG_TRUNC))
one.close()
other.close()

"""A connected datagram socket, whose recv does not report that it cut the datagram."""

import socket

one, other = socket.socketpair(type=socket.SOCK_DGRAM)
one.send(b"too long")
print(other.recv(3))
one.close()
other.close()

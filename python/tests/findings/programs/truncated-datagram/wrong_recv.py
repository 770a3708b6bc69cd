"""A connected datagram socket, whose recv reports nothing."""

import socket

one, other = socket.socketpair(type=socket.SOCK_DGRAM)
one.send(b"too long")
print(other.recv(3))
one.close()
other.close()

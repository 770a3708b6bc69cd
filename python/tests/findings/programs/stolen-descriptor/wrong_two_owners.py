"""Two objects with the same number: the second close fails."""

import socket

one, other = socket.socketpair()
second = socket.socket(fileno=one.fileno())
second.sendall(b"hello")
print(other.recv(100))
second.close()
try:
    one.close()
except OSError as error:
    print(error)
other.close()

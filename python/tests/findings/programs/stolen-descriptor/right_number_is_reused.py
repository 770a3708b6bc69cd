"""Numbers that are closed in order, and used again."""

import os
import socket

for _ in range(3):
    one, other = socket.socketpair()
    copy = one.dup()
    one.close()
    copy.sendall(b"hello")
    other.recv(100)
    os.close(copy.detach())
    other.close()
one, other = socket.socketpair()
again = socket.socket(fileno=one.detach())
again.close()
other.close()

"""Sockets that are closed in other ways: by a file object, by number after detach; and a listener, by the exit."""

import os
import socket

listener = socket.create_server(("127.0.0.1", 0))
one, other = socket.socketpair()
with one.makefile("wb") as file:
    one.close()
    file.write(b"hello")
print(other.recv(100))
os.close(other.detach())

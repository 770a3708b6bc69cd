"""Many small sends, each of which is answered, and a few that the peer should see at once."""

import socket

one, other = socket.socketpair()
with one, other:
    for number in range(100):
        one.sendall(b"%d" % number)
        other.sendall(other.recv(100))
        assert int(one.recv(100)) == number
    for _ in range(10):
        one.sendall(b".")

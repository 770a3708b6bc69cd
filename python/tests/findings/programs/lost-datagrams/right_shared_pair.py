"""Datagrams of a pair of which another program, that is not traced, receives one. Unix sockets lose none."""

import socket
import subprocess

one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
one.send(b"for the other program")
subprocess.run(["dd", "count=1"], stdin=other, check=True, capture_output=True)
one.send(b"for this one")
other.recv(99)
one.close()
other.close()

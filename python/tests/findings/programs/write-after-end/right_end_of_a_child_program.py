"""An end of a pair becomes the standard input and output of another program, and is then closed here."""

import socket
import subprocess
import sys

CHILD = "import sys; text = sys.stdin.read(); sys.stdout.write(text.upper())"

here, there = socket.socketpair()
with here:
    child = subprocess.Popen([sys.executable, "-S", "-c", CHILD], stdin=there, stdout=there)
    there.close()
    here.sendall(b"hello")
    here.shutdown(socket.SHUT_WR)
    while here.recv(100):
        pass
    child.wait()

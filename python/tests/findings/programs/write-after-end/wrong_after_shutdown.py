"""Sends after it has shut down sending."""

import contextlib
import socket

one, other = socket.socketpair()
with one, other:
    one.sendall(b"last words")
    one.shutdown(socket.SHUT_WR)
    with contextlib.suppress(BrokenPipeError):
        one.sendall(b"postscript")

"""One receive returns several sends and is answered once: two lines with one send, a request in two parts, an echo."""

import socket


def lines():
    """Two lines at once get two answers, with one send."""
    one, other = socket.socketpair()
    with one, other:
        for names in ((b"anna\n",), (b"bert\n",), (b"carl\n", b"dora\n")):
            for name in names:
                one.sendall(name)
            received = other.recv(1024)
            other.sendall(b"".join(b"hello, %s\n" % line for line in received.splitlines()))
            one.recv(1024)


def parts():
    """A header and its body are one request. So they were before, with requests that have no body."""
    one, other = socket.socketpair()
    with one, other:
        for request in (
            (b"GET / HTTP/1.1\r\n\r\n",),
            (b"GET /a HTTP/1.1\r\n\r\n",),
            (b"POST / HTTP/1.1\r\n\r\n", b"body\n"),
        ):
            for part in request:
                one.sendall(part)
            other.recv(1024)
            other.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            one.recv(1024)


def echo():
    one, other = socket.socketpair()
    with one, other:
        for names in ((b"anna",), (b"bert",), (b"carl", b"dora")):
            for name in names:
                one.sendall(name)
            other.sendall(other.recv(1024).upper())
            one.recv(1024)


lines()
parts()
echo()

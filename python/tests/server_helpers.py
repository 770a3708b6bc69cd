"""What the tests of the callback server share."""

import threading

from helpers import PATIENCE, until

import polysock

LOCAL = ("127.0.0.1", 0)


def echo(connection, address):
    while data := connection.recv(4096):
        connection.sendall(data)


def connect(server):
    return polysock.create_connection(server.address[:2], timeout=PATIENCE)


def ask(server, text=b"hello"):
    """What the server answers up to the end of its stream."""
    with connect(server) as client:
        client.sendall(text)
        client.shutdown(polysock.SHUT_WR)
        return b"".join(iter(lambda: client.recv(4096), b""))


def server_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("polysock-server-")]


class Complaints:
    """An on_error that keeps what it is told."""

    def __init__(self):
        self.kept = []

    def __call__(self, exception, address):
        self.kept.append((exception, address))

    def one(self):
        until(lambda: self.kept)
        return self.kept.pop()

"""Helpers of the callback server's tests."""

import threading

from helpers import WAIT_LIMIT, wait_until

import polysock

LOCAL = ("127.0.0.1", 0)


def echo(connection, address):
    while data := connection.recv(4096):
        connection.sendall(data)


def connect(server):
    return polysock.create_connection(server.address[:2], timeout=WAIT_LIMIT)


def ask(server, text=b"hello"):
    """Sends a text and returns all that the server answers."""
    with connect(server) as client:
        client.sendall(text)
        client.shutdown(polysock.SHUT_WR)
        return b"".join(iter(lambda: client.recv(4096), b""))


def server_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("polysock-server-")]


class KeptErrors(list):
    """An on_error that keeps the exceptions and addresses that it is called with."""

    def __call__(self, exception, address):
        self.append((exception, address))

    def one(self):
        """Waits for an error and takes the last one out."""
        wait_until(lambda: self)
        return self.pop()

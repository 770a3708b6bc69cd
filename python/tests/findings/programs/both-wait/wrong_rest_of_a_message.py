"""The server waits for the ten bytes that it calls a message, the client has sent nine and waits for the answer."""

import contextlib
import socket
import threading


def server(listener):
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as messages:
        if len(messages.read(10)) == 10:
            connection.sendall(b"ok")


with socket.create_server(("127.0.0.1", 0)) as listener:
    thread = threading.Thread(target=server, args=(listener,))
    thread.start()
    with socket.create_connection(listener.getsockname(), timeout=1) as client:
        client.sendall(b"a message")
        with contextlib.suppress(TimeoutError):
            client.recv(100)
    thread.join()

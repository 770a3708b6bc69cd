"""A client gives up while the server works on its request: only one end waits to receive."""

import contextlib
import socket
import threading

given_up = threading.Event()


def server(listener):
    connection, _ = listener.accept()
    with connection:
        request = connection.recv(100)
        given_up.wait(10)
        connection.sendall(request.upper())


with socket.create_server(("127.0.0.1", 0)) as listener:
    thread = threading.Thread(target=server, args=(listener,))
    thread.start()
    with socket.create_connection(listener.getsockname(), timeout=0.3) as client:
        client.sendall(b"question")
        with contextlib.suppress(TimeoutError):
            client.recv(100)
        given_up.set()
        client.settimeout(10)
        assert client.recv(100) == b"QUESTION"
    thread.join()

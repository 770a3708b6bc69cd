"""Sends a second request on a connection that the server has closed after the first: it succeeds and is lost."""

import socket

with socket.create_server(("127.0.0.1", 0)) as listener:
    client = socket.create_connection(listener.getsockname(), timeout=10)
    connection, _ = listener.accept()
    with client:
        client.sendall(b"first")
        assert connection.recv(100) == b"first"
        connection.sendall(b"answer")
        connection.close()
        assert client.recv(100) == b"answer"
        client.sendall(b"second")
        assert client.recv(100) == b""

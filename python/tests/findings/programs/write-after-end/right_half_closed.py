"""Sends after the end of the peer's stream: the peer has only shut down sending and still receives."""

import socket

with socket.create_server(("127.0.0.1", 0)) as listener:
    client = socket.create_connection(listener.getsockname())
    connection, _ = listener.accept()
    with client, connection:
        client.sendall(b"request")
        client.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b"request"
        assert connection.recv(100) == b""
        for _ in range(10):
            connection.sendall(b"answer")
        connection.close()
        while client.recv(100):
            pass

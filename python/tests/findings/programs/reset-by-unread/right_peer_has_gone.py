"""Closes with input unread, but the peer has closed before and misses nothing; and input that was peeked at first."""

import socket

with socket.create_server(("127.0.0.1", 0)) as listener:
    with socket.create_connection(listener.getsockname()) as client:
        client.sendall(b"good bye, no answer is needed")
    connection, _ = listener.accept()
    with connection:
        connection.recv(4)

    client = socket.create_connection(listener.getsockname())
    connection, _ = listener.accept()
    with client, connection:
        client.sendall(b"peeked")
        assert connection.recv(6, socket.MSG_PEEK) == b"peeked"
        assert connection.recv(6) == b"peeked"
        connection.close()
        assert client.recv(1) == b""

"""A client that is started before its server, and tries again."""

import socket

with socket.socket() as server:
    server.bind(("127.0.0.1", 0))
    for _ in range(2):
        try:
            client = socket.create_connection(server.getsockname())
        except ConnectionRefusedError:
            server.listen()
    client.close()

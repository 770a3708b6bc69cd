"""A listener with a time limit, whose connection never waits longer than that."""

import socket

with socket.create_server(("127.0.0.1", 0)) as listener:
    listener.settimeout(5)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 100_000)
    with socket.create_connection(listener.getsockname()) as client, listener.accept()[0] as connection:
        client.sendall(b"at once")
        print(connection.recv(100))

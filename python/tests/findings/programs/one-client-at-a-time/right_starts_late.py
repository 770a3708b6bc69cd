"""Clients that wait because the server has not begun to accept: it is not busy with another client."""

import socket
import time

with socket.create_server(("127.0.0.1", 0)) as listener:
    clients = [socket.create_connection(listener.getsockname()) for _ in range(2)]
    for client in clients:
        client.close()
    time.sleep(1.1)
    for _ in clients:
        with listener.accept()[0] as connection:
            connection.recv(100)

"""A server that serves its clients one after the other, as they come."""

import socket
import threading


def server(listener):
    for _ in range(2):
        connection, _ = listener.accept()
        with connection:
            while data := connection.recv(100):
                connection.sendall(data)


with socket.create_server(("127.0.0.1", 0)) as listener:
    thread = threading.Thread(target=server, args=(listener,))
    thread.start()
    for _ in range(2):
        with socket.create_connection(listener.getsockname()) as connection:
            connection.sendall(b"hello")
            connection.recv(100)
    thread.join()

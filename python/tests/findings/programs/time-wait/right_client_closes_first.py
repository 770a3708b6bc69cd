"""A server is started again at once; its clients close first, so that TIME_WAIT is at their end."""

import socket
import threading


def client(address):
    with socket.create_connection(address) as connection:
        connection.sendall(b"hello")


def server(port):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        listener.listen()
        thread = threading.Thread(target=client, args=(listener.getsockname(),))
        thread.start()
        connection, _ = listener.accept()
        with connection:
            while connection.recv(100):
                pass
        thread.join()


with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
server(port)
server(port)

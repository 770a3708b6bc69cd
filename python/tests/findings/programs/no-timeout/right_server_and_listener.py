"""A client that only listens: it has asked for nothing, and waits long for what the server sends."""

import socket
import threading
import time


def client(address):
    with socket.create_connection(address) as connection:
        while connection.recv(100):
            pass


with socket.create_server(("127.0.0.1", 0)) as listener:
    thread = threading.Thread(target=client, args=(listener.getsockname(),))
    thread.start()
    connection, _ = listener.accept()
    with connection:
        time.sleep(5.2)
        connection.sendall(b"news")
    thread.join()

"""A server that closes first, and whose port the system has chosen: its next start gets another one."""

import socket
import threading


def client(address):
    with socket.create_connection(address) as connection:
        while connection.recv(100):
            pass


with socket.socket() as listener:
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    thread = threading.Thread(target=client, args=(listener.getsockname(),))
    thread.start()
    connection, _ = listener.accept()
    with connection:
        connection.sendall(b"good bye")
    thread.join()

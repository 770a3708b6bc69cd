"""A server with a fixed port and without SO_REUSEADDR, which closes first: it can't be started again at once."""

import socket
import threading


def client(address):
    with socket.create_connection(address) as connection:
        while connection.recv(100):
            pass
        # The record of a shutdown has the state after it, which does not say who was first once both ends have closed.
        shut.wait()


shut = threading.Event()
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    address = free.getsockname()
with socket.socket() as listener:
    listener.bind(address)
    listener.listen()
    thread = threading.Thread(target=client, args=(address,))
    thread.start()
    connection, _ = listener.accept()
    connection.sendall(b"good bye")
    connection.shutdown(socket.SHUT_WR)
    shut.set()
    while connection.recv(100):
        pass
    connection.close()
    thread.join()

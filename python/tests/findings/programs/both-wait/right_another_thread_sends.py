"""A chat: a thread for each direction. Both ends wait to receive until someone types."""

import contextlib
import socket
import threading

typed = threading.Event()


def receive(connection):
    connection.settimeout(0.3)
    with contextlib.suppress(TimeoutError):
        while connection.recv(100):
            pass
    typed.set()


with socket.create_server(("127.0.0.1", 0)) as listener:
    client = socket.create_connection(listener.getsockname())
    connection, _ = listener.accept()
    with client, connection:
        threads = [threading.Thread(target=receive, args=(end,)) for end in (client, connection)]
        for thread in threads:
            thread.start()
        typed.wait(10)
        client.sendall(b"at last")
        connection.sendall(b"hello")
        for thread in threads:
            thread.join()

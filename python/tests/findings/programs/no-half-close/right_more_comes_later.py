"""One end receives in a loop and waits for more, which the other sends after a while; then it ends its stream."""

import socket
import threading
import time


def server(listener):
    connection, _ = listener.accept()
    with connection:
        size = 0
        while data := connection.recv(4096):
            size += len(data)
        connection.sendall(str(size).encode())


with socket.create_server(("127.0.0.1", 0)) as listener:
    thread = threading.Thread(target=server, args=(listener,))
    thread.start()
    with socket.create_connection(listener.getsockname(), timeout=10) as client:
        for _ in range(2):
            client.sendall(b"some")
            time.sleep(0.25)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b"8"
    thread.join()

"""Two sends for a request, and answers that take 40 ms, as the server works; and a second part that is sent later."""

import socket
import threading
import time


def server(listener):
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as requests:
        while len(requests.read(8)) == 8:
            time.sleep(0.04)
            connection.sendall(b"ok")


with socket.create_server(("127.0.0.1", 0)) as listener:
    thread = threading.Thread(target=server, args=(listener,))
    thread.start()
    with socket.create_connection(listener.getsockname()) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for pause in (0, 0, 0.04, 0.04):
            connection.sendall(b"head")
            time.sleep(pause)
            connection.sendall(b"body")
            connection.recv(2)
    thread.join()

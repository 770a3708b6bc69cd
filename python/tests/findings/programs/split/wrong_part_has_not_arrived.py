"""The buffer is large enough, but the message does not arrive at once."""

import socket
import threading

SIZE = 8_000_000


def server(connection):
    with connection:
        for _ in range(2):
            connection.recv(2 * SIZE)
            connection.sendall(b"thanks")
        while connection.recv(1 << 20):
            pass


one, other = socket.socketpair()
thread = threading.Thread(target=server, args=(other,))
thread.start()
with one:
    one.sendall(bytes(SIZE))
    one.shutdown(socket.SHUT_WR)
    while one.recv(1024):
        pass
thread.join()

"""Both ends wait to send, but each has another thread that receives, later; and a sender that gives up alone."""

import contextlib
import socket
import threading

SIZE = 20_000_000
go = threading.Event()


def receive_later(connection):
    go.wait(10)
    size = 0
    while size < SIZE:
        size += len(connection.recv(1 << 20))


one, other = socket.socketpair()
with one, other:
    threads = [threading.Thread(target=receive_later, args=(end,)) for end in (one, other)]
    threads += [threading.Thread(target=end.sendall, args=(bytes(SIZE),)) for end in (one, other)]
    for thread in threads:
        thread.start()
    go.wait(0.3)
    go.set()
    for thread in threads:
        thread.join()

one, other = socket.socketpair()
with one, other:
    one.settimeout(0.3)
    with contextlib.suppress(TimeoutError):
        one.sendall(bytes(SIZE))
    one.shutdown(socket.SHUT_WR)
    while other.recv(1 << 20):
        pass

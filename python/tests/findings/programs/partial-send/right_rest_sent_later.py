"""Several sends take only a part, and what they left is sent in the end: in a loop, and after waiting for room."""

import select
import socket
import threading

SIZE = 8_000_000


def drain(connection, sizes):
    with connection:
        size = 0
        while data := connection.recv(1 << 20):
            size += len(data)
    sizes.append(size)


def with_time_limit(connection):
    connection.settimeout(5)
    unsent = memoryview(bytes(SIZE))
    while unsent:
        unsent = unsent[connection.send(unsent) :]


def without_blocking(connection):
    connection.setblocking(False)
    unsent = memoryview(bytes(SIZE))
    while unsent:
        select.select([], [connection], [], 5)
        unsent = unsent[connection.send(unsent) :]


for send in (with_time_limit, without_blocking):
    one, other = socket.socketpair()
    sizes = []
    thread = threading.Thread(target=drain, args=(other, sizes))
    thread.start()
    with one:
        send(one)
    thread.join()
    assert sizes == [SIZE]

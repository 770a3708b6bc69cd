"""Blocking sockets in a pool of threads (concurrent.futures), one for each connection at a time."""

import socket
from concurrent.futures import ThreadPoolExecutor

import serving


def echo(connection):
    with connection:
        while data := connection.recv(serving.RECEIVE):
            connection.sendall(data)


def frames(connection):
    unfinished = b""
    with connection:
        while data := connection.recv(serving.RECEIVE):
            found, unfinished = serving.messages(unfinished, data)
            connection.sendall(b"".join(map(serving.framed, found)))


def http(connection):
    unfinished = b""
    with connection:
        while data := connection.recv(serving.RECEIVE):
            *requests, unfinished = (unfinished + data).split(serving.HEAD_ENDS)
            connection.sendall(serving.REPLY * len(requests))


serve = serving.of_mode(echo=echo, frames=frames, http=http)
with (
    ThreadPoolExecutor(max_workers=serving.CONNECTIONS) as pool,
    socket.create_server((serving.HOST, 0), backlog=serving.BACKLOG) as listener,
):
    serving.listens_on(listener.getsockname()[1])
    while True:
        connection, _ = listener.accept()
        pool.submit(serve, connection)

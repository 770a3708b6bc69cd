"""Receives less than it asked for, and then the rest: by asking for the rest, in pieces, and passing pieces on."""

import socket
import threading

SIZE = 2_000_000


def asks_for_the_rest(connection):
    got = connection.recv(SIZE)
    while len(got) < SIZE:
        got += connection.recv(SIZE - len(got))
    connection.sendall(b"thanks")


def receives_pieces(connection):
    missing = SIZE
    while missing:
        missing -= len(connection.recv(SIZE))
    connection.sendall(b"thanks")


def passes_on(connection):
    missing = SIZE
    while missing:
        piece = connection.recv(SIZE)
        missing -= len(piece)
        connection.sendall(piece)


def receive_all(connection):
    while connection.recv(1 << 20):
        pass


for receive in (asks_for_the_rest, receives_pieces, passes_on):
    one, other = socket.socketpair()
    thread = threading.Thread(target=receive_all, args=(one,))
    thread.start()
    sender = threading.Thread(target=one.sendall, args=(bytes(SIZE),))
    sender.start()
    with other:
        receive(other)
    sender.join()
    thread.join()
    one.close()

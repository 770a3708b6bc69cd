"""Receives parts of what was sent, and is right: an echo, records of a fixed size, requests of several lines."""

import socket


def talk(request, size, answer):
    one, other = socket.socketpair()
    with one, other:
        one.sendall(request)
        one.shutdown(socket.SHUT_WR)
        while data := other.recv(size):
            answer(other, data)
        other.close()
        while one.recv(4096):
            pass


def echo(connection, data):
    connection.sendall(data.upper())


def acknowledge(connection, data):
    connection.sendall(b"record of %d bytes" % len(data))


def answer_lines(connection, data):
    for _ in range(data.count(b"\n")):
        connection.sendall(b"got a line\n")


talk(b"anna-maria\n", 8, echo)
talk(b"0001000200030004", 4, acknowledge)
talk(b"one\ntwo\nthree\nfour\n", 8, answer_lines)

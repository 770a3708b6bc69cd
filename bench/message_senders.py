"""The ways to send messages in Python, made from a connected socket: `send(messages)` sends them all."""

import contextlib
import struct

LENGTH = struct.Struct("!I")
BATCH = 100  # messages that a program has at once

SENDERS = {}


def sender(name):
    def register(make):
        SENDERS[name] = contextlib.contextmanager(make)
        return make

    return register


@sender("struct + sendall")
def struct_and_sendall(sock):
    sendall, pack = sock.sendall, LENGTH.pack

    def send(messages):
        for message in messages:
            sendall(pack(len(message)) + message)

    yield send


@sender("struct + sendmsg")
def struct_and_sendmsg(sock):
    sendmsg, pack = sock.sendmsg, LENGTH.pack

    def send(messages):
        for message in messages:
            sendmsg((pack(len(message)), message))

    yield send


@sender("multiprocessing.connection")
def multiprocessing_connection(sock):
    from multiprocessing.connection import Connection

    with Connection(sock.detach(), readable=False) as connection:
        send_bytes = connection.send_bytes

        def send(messages):
            for message in messages:
                send_bytes(message)

        yield send


def batches(messages):
    return [messages[at : at + BATCH] for at in range(0, len(messages), BATCH)]


@sender(f"struct + join + sendall, {BATCH} at once")
def joined(sock):
    sendall, pack = sock.sendall, LENGTH.pack

    def send(messages):
        for batch in batches(messages):
            sendall(b"".join([part for message in batch for part in (pack(len(message)), message)]))

    yield send


@sender("polysock: sock.send_frame")
def send_frame(sock):
    import polysock

    with polysock.socket(fileno=sock.detach()) as sock:
        call = sock.send_frame

        def send(messages):
            for message in messages:
                call(message)

        yield send


@sender(f"polysock: sock.send_frames, {BATCH} at once")
def send_frames(sock):
    import polysock

    with polysock.socket(fileno=sock.detach()) as sock:
        call = sock.send_frames

        def send(messages):
            for batch in batches(messages):
                call(batch)

        yield send

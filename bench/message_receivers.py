"""The ways to receive messages in Python.

Those in `RECEIVERS` are made from a connected socket and yield `receive(count)`, which returns the last message.
"""

import asyncio
import contextlib
import functools
import socket
import struct
from itertools import repeat

from streams import FRAMED, SIZE, RunningSender

LENGTH = struct.Struct("!I")
PIECE = 1 << 16  # bytes; what programs with their own buffer receive at once

RECEIVERS = {}


def receiver(name):
    def register(make):
        RECEIVERS[name] = contextlib.contextmanager(make)
        return make

    return register


def one_by_one(call):
    def receive(count):
        for _ in repeat(None, count):
            message = call()
        return message

    return receive


# ------------------------------------------------------------------------------------------------ one by one


def read_message(file):
    header = file.read(4)
    if len(header) < 4:
        raise EOFError
    (length,) = LENGTH.unpack(header)
    message = file.read(length)
    if len(message) < length:
        raise EOFError
    return message


@receiver("makefile + struct")
def makefile_and_struct(sock):
    with sock.makefile("rb") as file:
        yield one_by_one(functools.partial(read_message, file))


def recv_exactly(sock, count):
    data = b""
    while len(data) < count:
        piece = sock.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def recv_message(sock):
    """As tutorials have it."""
    (length,) = LENGTH.unpack(recv_exactly(sock, 4))
    return recv_exactly(sock, length)


@receiver("recv loop: 4 bytes, then the rest")
def recv_loop(sock):
    yield one_by_one(functools.partial(recv_message, sock))


@receiver("multiprocessing.connection")
def multiprocessing_connection(sock):
    from multiprocessing.connection import Connection

    with Connection(sock.detach(), writable=False) as connection:
        yield one_by_one(connection.recv_bytes)


def stream_reader(loop, sock):
    with contextlib.closing(loop):
        reader, writer = loop.run_until_complete(asyncio.open_connection(sock=sock))

        async def receive(count):
            readexactly, unpack = reader.readexactly, LENGTH.unpack
            for _ in repeat(None, count):
                (length,) = unpack(await readexactly(4))
                message = await readexactly(length)
            return message

        yield lambda count: loop.run_until_complete(receive(count))
        writer.close()


@receiver("asyncio readexactly")
def asyncio_readexactly(sock):
    yield from stream_reader(asyncio.new_event_loop(), sock)


@receiver("uvloop readexactly")
def uvloop_readexactly(sock):
    import uvloop

    yield from stream_reader(uvloop.new_event_loop(), sock)


@receiver("recv(64 KiB), cut by hand")
def cut_by_hand(sock):
    """The fastest that was found without a library: a generator over a buffer."""

    def all_messages():
        buffer, unpack_from = b"", LENGTH.unpack_from
        while piece := sock.recv(PIECE):
            buffer += piece
            start, end = 0, len(buffer)
            while end - start >= 4:
                body = start + 4
                following = body + unpack_from(buffer, start)[0]
                if following > end:
                    break
                yield buffer[body:following]
                start = following
            buffer = buffer[start:]
        if buffer:
            raise EOFError

    arriving = all_messages()

    def receive(count):
        for message in arriving:
            count -= 1
            if count == 0:
                return message
        raise EOFError

    yield receive


# ------------------------------------------------------------------------------------------------ polysock


def ours(sock):
    import polysock

    return polysock, polysock.socket(fileno=sock.detach())


def in_batches(call):
    def receive(count):
        while count > 0:
            messages = call()
            count -= len(messages)
        return messages[-1]

    return receive


@receiver("polysock: Reader.frame")
def reader_frame(sock):
    polysock, sock = ours(sock)
    with sock:
        yield one_by_one(polysock.Reader(sock).frame)


@receiver("polysock: Reader.frames")
def reader_frames(sock):
    polysock, sock = ours(sock)
    with sock:
        yield in_batches(polysock.Reader(sock).frames)


@receiver("polysock: sock.recv_frame")
def recv_frame(sock):
    _, sock = ours(sock)
    with sock:
        yield one_by_one(sock.recv_frame)


@receiver("polysock: sock.recv_frames")
def recv_frames(sock):
    _, sock = ours(sock)
    with sock:
        yield in_batches(sock.recv_frames)


@receiver("polysock: sock.recv_frame_into")
def recv_frame_into(sock):
    _, sock = ours(sock)
    with sock:
        call, room = sock.recv_frame_into, bytearray(SIZE)

        def receive(count):
            for _ in repeat(None, count):
                call(room)
            return bytes(room)

        yield receive


@receiver("polysock: for message in sock.frames()")
def iterate_frames(sock):
    _, sock = ours(sock)
    with sock:
        frames = iter(sock.frames())

        def receive(count):
            for message in frames:
                count -= 1
                if count == 0:
                    return message
            raise EOFError

        yield receive


# ------------------------------------------------------------------------------------------------ while a process sends


def while_sending(name):
    """One of the receivers above, and the process that sends to it."""

    @contextlib.contextmanager
    def make():
        with (
            contextlib.closing(RunningSender(FRAMED)) as sender,
            socket.create_server(("127.0.0.1", 0)) as listener,
        ):
            sender.send_to(listener.getsockname()[1])
            connection, _ = listener.accept()
            with RECEIVERS[name](connection) as receive:
                yield receive, sender

    return make


@contextlib.contextmanager
def pyzmq():
    """A PULL socket; what is sent to it is what a PUSH socket would send."""
    import zmq

    greeting = (b"\xff" + bytes(8) + b"\x7f\x03\x00NULL").ljust(64, b"\0")
    ready = b"\x05READY" + b"\x0bSocket-Type" + LENGTH.pack(4) + b"PUSH"
    ready = bytes([4, len(ready)]) + ready
    with (
        contextlib.closing(RunningSender(bytes([0, SIZE]), [greeting, ready])) as sender,
        zmq.Context() as context,
        context.socket(zmq.PULL) as pull,
    ):
        sender.send_to(pull.bind_to_random_port("tcp://127.0.0.1"))
        yield one_by_one(pull.recv), sender


@contextlib.contextmanager
def pynng():
    """A Pull0 socket; what is sent to it is what a Push0 socket would send."""
    import pynng as nng

    greeting = b"\0SP\0" + struct.pack("!HH", 80, 0)
    with (
        contextlib.closing(RunningSender(struct.pack("!Q", SIZE), [greeting])) as sender,
        nng.Pull0(listen="tcp://127.0.0.1:0") as pull,
    ):
        sender.send_to(int(str(pull.listeners[0].local_address).rsplit(":")[-1]))
        yield one_by_one(pull.recv), sender

"""Compares ways to send and to receive datagrams of 64 bytes:

    datagrams.py [--rounds N] [--groups WORDS] [--variants WORDS] [--c PROGRAM] [RESULT.json]

Everything that is received is there before the clock starts, and the receiver's buffer has room for everything that is
sent in between: nothing is lost, nothing waits, and the two sides are measured apart. Sending includes what the kernel
does on the way up to the receiver's buffer, which it does within the call.
"""

import contextlib
import functools
import socket
import time

from comparison import Group, compare, variants
from turns import Measured, must_be

SIZE = 64
COUNT = 256  # datagrams that are there at once; any receive buffer has room for them
TRAIN = 64  # of them that the kernel cuts from one piece
TIMES = 10  # times that they are sent and received for one measurement
UDP_SEGMENT = 103  # setsockopt(2): cut what is sent into datagrams of this many bytes; the module has no name for it
CONTENTS = [number.to_bytes(8, "big") + bytes(SIZE - 8) for number in range(COUNT)]

SENDERS, RECEIVERS, OFFLOADED = {}, {}, {}


def register(kind, name):
    def registered(make):
        kind[name] = make
        return make

    return registered


# ------------------------------------------------------------------------------------------------ sending


@register(SENDERS, "socket: sendto")
def standard_sendto(sock, address):
    return each_sendto(sock, address)


@register(SENDERS, "polysock: sendto")
def our_sendto(sock, address):
    return each_sendto(ours(sock), address)


def ours(sock):
    import polysock

    return polysock.socket(fileno=sock.detach())


def each_sendto(sock, address):
    sendto = sock.sendto

    def send():
        for contents in CONTENTS:
            sendto(contents, address)

    return send


@register(SENDERS, "polysock: send_batch")
def send_batch(sock, address):
    sock = ours(sock)
    return lambda: sock.send_batch([(contents, address) for contents in CONTENTS])


@register(SENDERS, "polysock: send_segments")
def send_segments(sock, address):
    sock, joined = ours(sock), b"".join(CONTENTS)
    return lambda: sock.send_segments(joined, SIZE, address)


# ------------------------------------------------------------------------------------------------ receiving


def each_recvfrom(sock):
    recvfrom = sock.recvfrom

    def receive():
        for _ in range(COUNT):
            contents, _ = recvfrom(2048)
        return contents

    return receive


@register(RECEIVERS, "socket: recvfrom")
def standard_recvfrom(sock):
    return each_recvfrom(sock)


@register(RECEIVERS, "polysock: recvfrom")
def our_recvfrom(sock):
    return each_recvfrom(ours(sock))


@register(RECEIVERS, "polysock: recv_batch")
def recv_batch(sock):
    return in_batches(ours(sock))


@register(OFFLOADED, "polysock: recv_batch, offload")
def recv_batch_with_offload(sock):
    sock = ours(sock)
    sock.set_udp_gro(True)
    return in_batches(sock)


def in_batches(sock):
    def receive():
        count = 0
        while count < COUNT:
            datagrams = sock.recv_batch(COUNT)
            count += len(datagrams)
        return datagrams[-1][0]

    return receive


# ------------------------------------------------------------------------------------------------ measuring


@contextlib.contextmanager
def pair():
    with socket.socket(type=socket.SOCK_DGRAM) as sender, socket.socket(type=socket.SOCK_DGRAM) as receiver:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        receiver.bind(("127.0.0.1", 0))
        yield sender, receiver


def many_times(before, call, after):
    """What one datagram takes in `call`, which is made between the other two, over and over."""
    busy = passed = 0
    for _ in range(TIMES):
        before()
        start, ran = time.perf_counter_ns(), time.process_time_ns()
        result = call()
        busy += time.process_time_ns() - ran
        passed += time.perf_counter_ns() - start
        after(result)
    return Measured(passed / COUNT / TIMES, busy / passed)


@contextlib.contextmanager
def sending(make):
    with pair() as (sender, receiver):
        send = make(sender, receiver.getsockname())

        def receive(_):
            must_be(CONTENTS, [receiver.recv(SIZE + 1, socket.MSG_DONTWAIT) for _ in CONTENTS])

        yield lambda: many_times(lambda: None, send, receive)


@contextlib.contextmanager
def receiving(make, together):
    """`together`: they reach the receiver in trains, as receive offload makes them of what a network brings."""
    pieces = CONTENTS
    with pair() as (sender, receiver):
        if together:
            sender.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, SIZE)
            pieces = [b"".join(CONTENTS[at : at + TRAIN]) for at in range(0, COUNT, TRAIN)]
        address = receiver.getsockname()
        receive = make(receiver)

        def send():
            for piece in pieces:
                sender.sendto(piece, address)

        yield lambda: many_times(send, receive, lambda last: must_be(CONTENTS[-1], last))


GROUPS = [
    Group("Python, send", variants(sending, SENDERS)),
    Group(
        "Python, receive",
        variants(functools.partial(receiving, together=False), RECEIVERS)
        | variants(functools.partial(receiving, together=True), OFFLOADED),
    ),
    Group("C, send", c_row="send"),
    Group("C, receive", c_row="receive"),
]

if __name__ == "__main__":
    compare(GROUPS, __doc__, "datagrams")

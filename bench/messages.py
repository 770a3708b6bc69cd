"""Compares ways to receive and to send messages of 64 bytes, each after its length in 32 bits:

    messages.py [--rounds N] [--groups WORDS] [--variants WORDS] [--c PROGRAM] [RESULT.json]

What is received is in the receiver's buffer in the kernel before the clock starts, and what is sent has room there: the
other end takes no part in what is measured. Libraries that receive in threads of their own can't be measured like
that; for them, and for others beside them, a process sends as fast as they receive. The table shows how much of the
time that process ran, as it must have waited for the rest.
"""

import contextlib
import time

import message_receivers
from comparison import Group, compare, variants
from message_receivers import RECEIVERS
from message_senders import SENDERS
from streams import FRAMED, SIZE, FilledStream, messages, prefixed, tcp_pair, wait_until_arrived
from turns import clocked, must_be

SENT = 500  # messages that are sent for one measurement; any receive buffer has room for them
LONG_ENOUGH = 0.02  # seconds that one measurement takes where a process sends


@contextlib.contextmanager
def from_filled_buffer(make):
    with contextlib.closing(FilledStream()) as stream, make(stream.receiver) as receive:

        def measure():
            stream.fill()
            measured, last = clocked(receive, stream.count, stream.count)
            must_be(stream.last, last)
            return measured

        yield measure


@contextlib.contextmanager
def from_process(make):
    with make() as (receive, sender):
        some = 2_000  # more than any library keeps, so that the queues are full when the clock starts
        receive(some)
        warm, _ = clocked(receive, some, some)
        count = some + int(LONG_ENOUGH / warm.ns * 1e9)

        def measure():
            receive(some)
            ran, start = sender.ran(), time.perf_counter_ns()
            measured, last = clocked(receive, count, count)
            measured.sender = (sender.ran() - ran) / (time.perf_counter_ns() - start)
            must_be(SIZE, len(last))
            return measured

        yield measure


@contextlib.contextmanager
def into_empty_buffer(make):
    sender, receiver = tcp_pair(room=1 << 20)
    sent, wire = messages()[:SENT], prefixed(FRAMED)[: SENT * (len(FRAMED) + SIZE)]
    with receiver, make(sender) as send:

        def measure():
            measured, _ = clocked(send, sent, SENT)
            wait_until_arrived(receiver.fileno(), len(wire))
            must_be(wire, receiver.recv(len(wire)))
            return measured

        yield measure


#: What is measured from a process too, beside the libraries that can only be measured like that.
BESIDE = ("makefile + struct", "polysock: Reader.frame", "polysock: Reader.frames")

PROCESS = {name: message_receivers.while_sending(name) for name in BESIDE}
PROCESS |= {"pyzmq": message_receivers.pyzmq, "pynng": message_receivers.pynng}

GROUPS = [
    Group("Python, receive", variants(from_filled_buffer, RECEIVERS)),
    Group("Python, receive while a process sends", variants(from_process, PROCESS)),
    Group("Python, send", variants(into_empty_buffer, SENDERS)),
    Group("C, receive", c_row="receive"),
    Group("C, send", c_row="send"),
]

if __name__ == "__main__":
    compare(GROUPS, __doc__, "messages")

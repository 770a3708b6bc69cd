"""A signal handler that raises at any moment: nothing received is lost, nothing sent is sent again."""

import collections
import contextlib
import itertools
import random
import signal
import socket
import struct
import threading
import time

import pytest

from polysock import net

TEST_TIMEOUT = 30
COUNT = 20_000
# A fast machine goes on until so many signals have come.
LEAST_ALARMS = 5


class Interrupted(Exception):
    pass


@pytest.fixture
def alarms():
    """Installs a handler that raises at each SIGALRM; gives the number of times it has."""
    raised = [0]

    def handler(_number, _frame):
        raised[0] += 1
        raise Interrupted

    before = signal.signal(signal.SIGALRM, handler)
    yield raised
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def connection():
    listener = socket.create_server(("127.0.0.1", 0))
    client = net.Socket("127.0.0.1", listener.getsockname()[1])
    peer, _address = listener.accept()
    with listener, client, peer:
        yield client, peer


def until_done(done, step):
    """Repeats a step, which a handler may interrupt, until everything is done."""
    end = time.monotonic() + TEST_TIMEOUT
    while not done():
        assert time.monotonic() < end, "too slow"
        try:
            try:
                signal.setitimer(signal.ITIMER_REAL, random.uniform(0.00002, 0.0015), 0.02)
                step()
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except Interrupted:
            with contextlib.suppress(Interrupted):  # one more may have been on its way
                pass


def forever(call):
    """Repeats a call without Python code between, so that each result is stored before a handler runs."""
    got = []
    return got, lambda: collections.deque(map(got.append, iter(call, object())), maxlen=0)


READERS = {
    "data over the socket": (
        lambda stream: net.DataInputStream(stream).readInt,
        lambda n: struct.pack(">i", n),
        lambda n: n,
        5_000,
    ),
    "data over a buffer": (
        lambda stream: net.DataInputStream(net.BufferedInputStream(stream, 512)).readInt,
        lambda n: struct.pack(">i", n),
        lambda n: n,
        COUNT,
    ),
    "text in data": (
        lambda stream: net.DataInputStream(net.BufferedInputStream(stream, 512)).readUTF,
        lambda n: struct.pack(">H", len(str(n))) + str(n).encode(),
        str,
        COUNT,
    ),
    "lines": (
        lambda stream: net.BufferedReader(net.InputStreamReader(stream)).readLine,
        lambda n: b"%d\r\n" % n,
        str,
        COUNT,
    ),
    "lines in UTF-16": (
        lambda stream: net.BufferedReader(net.InputStreamReader(stream, "UTF-16LE")).readLine,
        lambda n: f"{n}\n".encode("utf-16-le"),
        str,
        COUNT,
    ),
    "words": (lambda stream: net.Scanner(stream).next, lambda n: b"%d " % n, str, COUNT),
    "numbers": (lambda stream: net.Scanner(stream).nextInt, lambda n: b"%d\n" % n, lambda n: n, COUNT),
    "bytes": (
        lambda stream: net.BufferedInputStream(stream, 512).read,
        lambda n: bytes([n & 0xFF]),
        lambda n: n & 0xFF,
        COUNT,
    ),
}


@pytest.mark.parametrize("reader", READERS)
def test_nothing_that_came_is_lost_or_comes_twice(alarms, reader):
    make, wire, expected, count = READERS[reader]
    fed, is_fed = 0, False
    with connection() as (client, peer):

        def feed():
            nonlocal fed, is_fed
            while fed < count or alarms[0] < LEAST_ALARMS:
                peer.sendall(b"".join(map(wire, range(fed, fed + 50))))
                fed += 50
                time.sleep(0)  # let the reader wait now and then
            is_fed = True

        feeder = threading.Thread(target=feed)
        feeder.start()
        got, step = forever(make(client.getInputStream()))
        try:
            until_done(lambda: is_fed and len(got) >= fed, step)
        finally:
            client.shutdownInput()
            feeder.join()
    assert got == [expected(n) for n in range(fed)]


WRITERS = {
    "a buffer": (lambda stream: net.BufferedOutputStream(stream, 256), bytes),
    "data over a buffer": (lambda stream: net.DataOutputStream(net.BufferedOutputStream(stream, 256)), bytes),
    "text": (lambda stream: net.OutputStreamWriter(stream), bytes.decode),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_nothing_that_was_sent_is_lost_or_sent_twice(alarms, writer):
    make, convert = WRITERS[writer]
    count = 4_000
    with connection() as (client, peer):
        out = make(client.getOutputStream())
        received = bytearray()

        def drain():
            while data := peer.recv(65536):
                received.extend(data)

        drainer = threading.Thread(target=drain)
        drainer.start()
        sent = 0

        def is_sent():
            return sent >= count and alarms[0] >= LEAST_ALARMS

        def step():
            nonlocal sent
            while not is_sent():
                try:
                    out.write(convert(b"%06d" % sent))
                except Interrupted as raised:
                    # Interrupted just before the return, or before anything was taken.
                    sent += getattr(raised, "done", 0) == 6
                    raise
                sent += 1

        until_done(is_sent, step)
        out.flush()
        client.shutdownOutput()
        drainer.join()
    numbers = [int(received[at : at + 6]) for at in range(0, len(received), 6)]
    # This test repeats a write that was interrupted just before its return: never out of order, never in part.
    assert sorted(set(numbers)) == list(range(sent))
    assert all(later - earlier in (0, 1) for earlier, later in itertools.pairwise(numbers))
    assert len(received) % 6 == 0

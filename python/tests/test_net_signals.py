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
from helpers import Thread, interrupt, on_signal, wait_until, when_main_sleeps

from polysock import net

TEST_TIMEOUT = 30
COUNT = 20_000
# A fast machine goes on until this many signals have arrived.
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


READS = {
    "BufferedInputStream.read": (lambda below: net.BufferedInputStream(below), lambda stream: stream.read(), ord("7")),
    "DataInputStream.readByte": (lambda below: net.DataInputStream(below), lambda stream: stream.readByte(), ord("7")),
    "BufferedReader.readLine": (lambda below: net.BufferedReader(below), lambda stream: stream.readLine(), "7"),
    "InputStreamReader.read": (lambda below: net.InputStreamReader(below), lambda stream: stream.read(), ord("7")),
    "Scanner.nextInt": (lambda below: net.Scanner(below), lambda stream: stream.nextInt(), 7),
    "Scanner.nextLine": (lambda below: net.Scanner(below), lambda stream: stream.nextLine(), "7"),
    "Scanner.hasNextInt": (lambda below: net.Scanner(below), lambda stream: stream.hasNextInt(), True),
}


@contextlib.contextmanager
def called_by_a_handler(call, then):
    """A signal handler calls the function as soon as the main thread waits; after that, `then` is called."""
    raised = []

    def handler():
        with pytest.raises(net.IllegalStateException, match="inside another call of the stream") as caught:
            call()
        raised.append(caught.value)

    def go_on():
        wait_until(lambda: raised)
        then()

    with on_signal(handler):
        others = when_main_sleeps(interrupt, go_on)
        yield
        others.outcome()


@pytest.mark.parametrize("name", READS)
def test_a_handler_does_not_read_from_the_stream_that_it_interrupts(name):
    make, read, expected = READS[name]
    with connection() as (client, peer):
        stream = make(client.getInputStream())
        with called_by_a_handler(lambda: read(stream), lambda: peer.sendall(b"7\n")):
            assert read(stream) == expected


@pytest.mark.parametrize("make", [net.BufferedOutputStream, net.PrintStream, net.OutputStreamWriter])
def test_a_handler_does_not_write_to_the_stream_that_it_interrupts(make):
    size = 10_000_000
    with connection() as (client, peer):
        stream = make(client.getOutputStream())
        text = isinstance(stream, net.Writer)
        received = bytearray()

        def receive():
            while len(received) < size:
                received.extend(peer.recv(1 << 20))

        with called_by_a_handler(lambda: stream.write("x" if text else b"x"), receive):
            stream.write(size * "y" if text else size * b"y")
            stream.flush()
        assert received == size * b"y"


def test_what_a_waiting_read_has_made_room_for_is_not_available():
    with connection() as (client, peer):
        stream = net.BufferedInputStream(client.getInputStream())
        peer.sendall(b"ab")
        assert stream.read() == ord("a")
        assert stream.available() == 1
        assert stream.read() == ord("b")
        reading = Thread(stream.read).asleep()
        assert stream.available() == 0
        peer.sendall(b"c")
        assert reading.outcome() == ord("c")

"""Batches of datagrams: what the methods take and return. What they do is in conformance/scenarios/batch.txt."""

import array
import errno
import subprocess
import sys

import pytest
from helpers import PROGRAM_TIMEOUT, Thread, ended_by_a_handler, needs_ipv6

import polysock


def udp(family=polysock.AF_INET, host="127.0.0.1"):
    sock = polysock.socket(family, polysock.SOCK_DGRAM)
    sock.bind((host, 0))
    sock.settimeout(10)
    return sock


@pytest.fixture
def two():
    with udp() as one, udp() as other:
        yield one, other


def texts(sock, count):
    found = []
    while len(found) < count:
        found += sock.recv_batch(count - len(found))
    return [data for data, _ in found]


def test_datagrams_are_bytes_or_pairs(two):
    a, b = two
    to = b.getsockname()
    items = [
        (b"one", to),
        (bytearray(b"two"), to),
        (memoryview(b"-three-")[1:-1], to),
        (array.array("B", b"x"), to),
        (b"", to),
    ]
    assert a.send_batch(items) == 5
    assert b.recv_batch(10) == [(data, a.getsockname()) for data in (b"one", b"two", b"three", b"x", b"")]
    a.connect(to)
    assert a.send_batch([b"plain", bytearray(b"too")]) == 2
    assert a.send_batch(item for item in (b"from", b"a generator")) == 2
    assert a.send_batch((b"tuples are items", to) for _ in range(1)) == 1
    assert texts(b, 5) == [b"plain", b"too", b"from", b"a generator", b"tuples are items"]
    assert a.send_batch([]) == 0
    assert b.recv_batch(0) == []


@needs_ipv6
def test_addresses_have_the_form_of_their_family():
    with udp(polysock.AF_INET6, "::1") as a, udp(polysock.AF_INET6, "::1") as b:
        assert a.send_batch([(b"aa", b.getsockname()), (b"bb", ("::1", b.getsockname()[1]))]) == 2
        assert b.recv_batch(5) == [(b"aa", a.getsockname()), (b"bb", a.getsockname())]
    a, b = polysock.socketpair(polysock.AF_UNIX, polysock.SOCK_DGRAM)
    with a, b:
        assert a.send_batch([b"x", b""]) == 2
        assert b.recv_batch(5) == [(b"x", None), (b"", None)]


def test_what_is_refused_is_named_and_the_others_are_sent(two):
    a, b = two
    to = b.getsockname()
    with pytest.raises(OSError) as caught:
        a.send_batch([(b"aa", to), (b"bb", ("127.0.0.1", 0)), (b"cc", to), (bytes(70_000), to), (b"dd", to)])
    error = caught.value
    assert (error.errno, error.done) == (errno.EINVAL, 3)
    assert [(index, reason.errno) for index, reason in error.failures] == [(1, errno.EINVAL), (3, errno.EMSGSIZE)]
    assert error is not error.failures[0][1]
    assert isinstance(error, polysock.UnfinishedBatch)
    assert "sending to 127.0.0.1:0" in error.__notes__
    assert "2 of 5 datagrams were refused, the first at index 1; 3 were sent" in error.__notes__
    assert texts(b, 3) == [b"aa", b"cc", b"dd"]


def test_when_all_are_refused_the_first_is_raised(two):
    a, _ = two
    with pytest.raises(OSError) as caught:
        a.send_batch([b"no address", (b"x", ("127.0.0.1", 0))])
    error = caught.value
    assert (error.errno, error.done) == (errno.EDESTADDRREQ, 0)
    assert [index for index, _ in error.failures] == [0, 1]


def test_when_nothing_can_be_sent_in_time_nothing_was_refused():
    a, b = polysock.socketpair(polysock.AF_UNIX, polysock.SOCK_DGRAM)
    with a, b:
        a.settimeout(0.05)
        sent = a.send_batch([b"x"] * 5000)
        assert 0 < sent < 5000
        with pytest.raises(TimeoutError) as caught:
            a.send_batch([b"x"])
        assert not isinstance(caught.value, polysock.UnfinishedBatch)
        a.setblocking(False)
        with pytest.raises(BlockingIOError):
            a.send_batch([b"x"])
        with pytest.raises(BlockingIOError):
            a.recv_batch(1)
        with pytest.raises(BlockingIOError):
            a.recv_batch_into([bytearray(1)])


@pytest.mark.parametrize(
    ("items", "error", "text"),
    [
        (5, TypeError, "an iterable of datagrams"),
        ([1], TypeError, "bytes-like"),
        (["text"], TypeError, "bytes-like"),
        ([(b"x",)], TypeError, "datagram 0 must be"),
        ([b"x", (b"x", ("127.0.0.1", 9), 3)], TypeError, "datagram 1 must be"),
        ([(b"x", ("127.0.0.1", 70000))], OverflowError, "port must be"),
        ([(b"x", "127.0.0.1")], TypeError, "tuple"),
        ([(1, ("127.0.0.1", 9))], TypeError, "bytes-like"),
    ],
)
def test_what_is_no_datagram_is_refused_before_anything_is_sent(two, items, error, text):
    a, b = two
    if isinstance(items, list):
        items = [(b"before", b.getsockname()), *items] if "datagram" not in text else items
    with pytest.raises(error, match=text):
        a.send_batch(items)
    b.setblocking(False)
    with pytest.raises(BlockingIOError):
        b.recv_batch(1)


def test_the_item_with_the_bad_address_is_named(two):
    a, b = two
    with pytest.raises(OverflowError) as caught:
        a.send_batch([(b"x", b.getsockname()), (b"y", ("127.0.0.1", 70000))])
    assert "in the datagram at index 1" in caught.value.__notes__


def test_an_iterable_may_do_anything(two):
    a, b = two

    def closing():
        yield b"x", b.getsockname()
        a.close()
        yield b"y", b.getsockname()

    with pytest.raises(OSError) as caught:
        a.send_batch(closing())
    assert caught.value.errno == errno.EBADF

    class Broken:
        def __iter__(self):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        b.send_batch(Broken())
    with pytest.raises(ZeroDivisionError):
        b.recv_batch_into(Broken())


def test_datagrams_go_into_the_buffers_of_the_caller(two):
    a, b = two
    to = b.getsockname()
    a.send_batch([(b"abcdef", to), (b"", to), (b"xy", to)])
    buffers = [bytearray(4), memoryview(bytearray(2)), array.array("B", bytes(8)), bytearray(1)]
    peer = a.getsockname()
    assert b.recv_batch_into(buffers) == [(4, peer, polysock.MSG_TRUNC, 0), (0, peer, 0, 0), (2, peer, 0, 0)]
    assert buffers[0] == b"abcd"
    assert bytes(buffers[2][:2]) == b"xy"
    with pytest.raises(TypeError, match="read-write"):
        b.recv_batch_into([b"constant"])
    with pytest.raises(TypeError, match="iterable of buffers"):
        b.recv_batch_into(5)
    assert b.recv_batch_into([]) == []


def test_a_buffer_can_not_shrink_while_a_receive_fills_it(two):
    a, b = two
    buffer = bytearray(10)
    receiving = Thread(b.recv_batch_into, [buffer]).asleep()
    with pytest.raises(BufferError):
        del buffer[:]
    a.send_batch([(b"x", b.getsockname())])
    assert receiving.outcome() == [(1, a.getsockname(), 0, 0)]


def test_a_buffer_size_cuts_as_recvfrom_does(two):
    a, b = two
    a.send_batch([(b"abcdef", b.getsockname()), (b"xy", b.getsockname())])
    assert [data for data, _ in b.recv_batch(5, 3)] == [b"abc", b"xy"]
    a.send_batch([(b"abcdef", b.getsockname())])
    assert [data for data, _ in b.recv_batch(max=1, bufsize=0)] == [b""]


def test_segments(two):
    a, b = two
    assert a.send_segments(b"aabbc", 2, b.getsockname()) == 5
    assert texts(b, 3) == [b"aa", b"bb", b"c"]
    a.connect(b.getsockname())
    assert a.send_segments(bytearray(b"ddee"), size=2) == 4
    assert a.send_segments(b"ff", 2, address=None) == 2
    assert a.send_segments(b"", 2) == 0
    assert texts(b, 3) == [b"dd", b"ee", b"ff"]
    for size in (0, 65536):
        with pytest.raises(ValueError, match=f"size must be 1 to 65535, not {size}"):
            a.send_segments(b"x", size)
    with pytest.raises(ValueError, match="negative"):
        a.send_segments(b"x", -1)


def test_receive_offload(two):
    a, b = two
    assert b.udp_gro() is False
    b.set_udp_gro(True)
    assert b.udp_gro() is True
    data = bytes(range(200))
    assert a.send_segments(data, 3, b.getsockname()) == 200
    found = []
    while len(found) < 67:
        found += b.recv_batch(1)
    assert found == [(data[at : at + 3], a.getsockname()) for at in range(0, 200, 3)]
    a.send_segments(b"aabbc", 2, b.getsockname())
    buffer, seen = bytearray(65535), b""
    while len(seen) < 5:
        ((count, _, _, size),) = b.recv_batch_into([buffer])
        assert size == 2 or count <= 2
        seen += buffer[:count]
    assert seen == b"aabbc"


def test_wrong_numbers(two):
    _, b = two
    with pytest.raises(ValueError, match="negative number of datagrams in recv_batch"):
        b.recv_batch(-1)
    with pytest.raises(ValueError, match="negative buffersize in recv_batch"):
        b.recv_batch(1, -1)
    with pytest.raises(MemoryError):
        b.recv_batch(1 << 40)
    with pytest.raises(OverflowError):
        b.recv_batch(1 << 70)


def test_a_signal_handler_that_raises_ends_a_batch_and_its_exception_says_how_many_were_sent():
    a, b = polysock.socketpair(polysock.AF_UNIX, polysock.SOCK_DGRAM)
    with a, b:
        with ended_by_a_handler() as raised:
            a.send_batch([b"x"] * 5000)
        b.setblocking(False)
        assert raised.value.done == len(b.recv_batch(5000, 1)) > 0
        with ended_by_a_handler():
            a.recv_batch(10)
        with ended_by_a_handler():
            a.recv_batch_into([bytearray(1)])


AUDITED = """
import sys
import polysock as socket
seen = []
sys.addaudithook(lambda event, arguments: seen.append(arguments[1]) if event == "socket.sendto" else None)
with socket.socket(type=socket.SOCK_DGRAM) as a, socket.socket(type=socket.SOCK_DGRAM) as b:
    b.bind(("127.0.0.1", 0))
    one, other = b.getsockname(), ("127.1", b.getsockname()[1])
    a.send_batch([(b"1", one), (b"2", one), (b"3", other), (b"4", one)])
    a.send_segments(b"5", 1, other)
    assert seen == [one, other, one, other], seen
print("fine")
"""


def test_addresses_are_audited_as_those_of_sendto():
    done = subprocess.run([sys.executable, "-c", AUDITED], capture_output=True, text=True, timeout=PROGRAM_TIMEOUT)
    assert done.stdout == "fine\n", done.stderr


def test_streams_have_no_datagrams():
    a, b = polysock.socketpair()
    with a, b:
        for call in (
            lambda: a.send_batch([b"x"]),
            lambda: a.recv_batch(1),
            lambda: a.recv_batch_into([bytearray(1)]),
            lambda: a.send_segments(b"x", 1),
            lambda: a.set_udp_gro(True),
        ):
            with pytest.raises(OSError) as caught:
                call()
            assert caught.value.errno == errno.EOPNOTSUPP

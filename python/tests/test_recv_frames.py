"""Messages and lines received from a stream, and what other calls find of them."""

import array
import errno
import gc
import os
import random
import signal
import struct
import time
import weakref

import pytest
from helpers import (
    WAIT_LIMIT,
    FromHandler,
    Thread,
    connection,
    end_by_itself,
    ended_by_a_handler,
    interrupt,
    needs_ssl,
    on_signal,
    raises_closed,
    refused_by_detach,
    wait_until,
    when_main_sleeps,
)

import polysock as socket
from polysock import Framing, Reader

MESSAGES = [b"one", b"", b"a longer one" * 9, b"\r", b"x"]
# A framing, and messages that it can carry.
CARRIED = {
    "32 bits": (Framing(), MESSAGES),
    "8 bits": (Framing.length_prefix(8), MESSAGES),
    "16 bits, little": (Framing.length_prefix(16, "little"), MESSAGES),
    "64 bits": (Framing.length_prefix(64), [*MESSAGES, b"y" * 70_000]),
    "varint": (Framing.varint(), [*MESSAGES, b"y" * 20_000]),
    "delimiter": (Framing.delimiter(b"\0--\0"), MESSAGES),
    "lines": (Framing.lines(), [b"one", b"", b"two\rthree", b"four"]),
    "fixed": (Framing.fixed(3), [b"one", b"two", b"\0\0\0"]),
}
# How a program gets all messages up to the end of the stream.
WAYS = {
    "recv_frame": lambda sock, framing: list(iter(lambda: sock.recv_frame(framing), None)),
    "recv_frames": lambda sock, framing: [
        m for batch in iter(lambda: sock.recv_frames(None, framing), []) for m in batch
    ],
    "recv_frames, 2": lambda sock, framing: [
        m for batch in iter(lambda: sock.recv_frames(2, framing), []) for m in batch
    ],
    "frames": lambda sock, framing: list(sock.frames(framing)),
    "Reader": lambda sock, framing: list(Reader(sock, framing)),
    "Reader.frame": lambda sock, framing: list(iter(Reader(sock, framing).frame, None)),
    "Reader.frames": lambda sock, framing: [m for batch in iter(Reader(sock, framing).frames, []) for m in batch],
    "recv_frame_into": lambda sock, framing: list(iter(lambda: into_buffer(sock, framing), None)),
}


def into_buffer(sock, framing):
    room = bytearray(100_000)
    count = sock.recv_frame_into(room, framing)
    return None if count is None else bytes(room[:count])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("carried", CARRIED)
def test_all_messages_arrive_and_then_the_end(pair, carried, way):
    (sender, receiver), (framing, messages) = pair, CARRIED[carried]
    sender.send_frames(messages, framing)
    sender.close()
    assert WAYS[way](receiver, framing) == messages
    assert receiver.recv_frame(framing) is None
    assert receiver.recv_frames(framing=framing) == []
    assert receiver.recv_frame_into(bytearray(1), framing) is None
    assert list(receiver.frames(framing)) == []
    assert receiver.pending() == 0


def encoded(framing, messages):
    """What send_frames() sends."""
    one, two = socket.socketpair()
    with one, two:
        one.send_frames(messages, framing)
        one.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: two.recv(1 << 20), b""))


@pytest.mark.parametrize("carried", CARRIED)
def test_it_does_not_matter_how_the_bytes_are_split(pair, carried):
    (sender, receiver), (framing, messages) = pair, CARRIED[carried]
    sent = encoded(framing, messages)
    receiver.settimeout(0)
    chance = random.Random(carried)
    for most in (1, 2, 7, 4000):
        received, at = [], 0
        while at < len(sent):
            piece = chance.randint(1, most)
            sender.sendall(sent[at : at + piece])
            at += piece
            try:
                received += receiver.recv_frames(chance.choice((None, 1, 3)), framing)
            except BlockingIOError:
                assert receiver.pending() > 0
        while True:
            try:
                received.append(receiver.recv_frame(framing))
            except BlockingIOError:
                break
        assert received == messages


def test_one_message_leaves_the_others(pair):
    sender, receiver = pair
    sender.send_frames([b"one", b"two", b"three"])
    assert receiver.recv_frame() == b"one"
    assert receiver.pending() == 7 + 9
    assert receiver.recv_frames(1) == [b"two"]
    assert receiver.recv_frames() == [b"three"]
    assert receiver.pending() == 0
    for wrong in (0, -1):
        with pytest.raises(ValueError, match="max"):
            receiver.recv_frames(wrong)


def test_a_message_may_be_as_long_as_its_limit():
    data = os.urandom(1 << 20) * 20
    framing = Framing(limit=len(data))
    with connection() as (client, server):
        client.settimeout(WAIT_LIMIT)
        sender = Thread(server.send_frame, data, framing)
        assert client.recv_frame(framing) == data
        sender.outcome()


@pytest.mark.parametrize("way", WAYS)
def test_a_message_that_the_end_cuts_off(pair, way):
    sender, receiver = pair
    sender.sendall(b"\0\0\0\7abc")
    sender.close()
    for _ in range(2):
        with pytest.raises(socket.TruncatedError) as raised:
            WAYS[way](receiver, None)
        assert isinstance(raised.value, EOFError)
        assert (raised.value.missing, raised.value.done, raised.value.partial) == (4, 7, b"\0\0\0\7abc")
        assert str(raised.value) == "the stream ended inside a message, 4 bytes missing"
    assert receiver.take_buffered() == b"\0\0\0\7abc"
    assert receiver.recv_frame() is None


def test_a_prefix_that_the_end_cuts_off(pair):
    sender, receiver = pair
    sender.sendall(b"\0\0")
    sender.close()
    with pytest.raises(socket.TruncatedError) as raised:
        receiver.recv_frame()
    assert (raised.value.missing, raised.value.partial) == (2, b"\0\0")


@pytest.mark.parametrize(
    ("sent", "framing", "number", "note"),
    [
        (b"\0\0\0\4abcd", Framing(limit=3), errno.EMSGSIZE, "the message has 4 bytes or more, and the limit is 3"),
        (
            b"\xff\xff\xff\xff",
            None,
            errno.EMSGSIZE,
            "the message has 4294967295 bytes or more, and the limit is 16777216",
        ),
        (b"abcdefgh", Framing.lines(limit=3), errno.EMSGSIZE, "the message has 8 bytes or more, and the limit is 3"),
        (b"\x80" * 10, Framing.varint(), errno.EBADMSG, "the length of the message has more than 64 bits"),
    ],
)
def test_what_is_no_message(pair, sent, framing, number, note):
    sender, receiver = pair
    sender.sendall(sent)
    for way in WAYS.values():
        with pytest.raises(OSError) as raised:
            way(receiver, framing)
        assert raised.value.errno == number
        assert note in raised.value.__notes__[0]
    assert receiver.take_buffered() == sent
    sender.send_frame(b"goes on")
    assert receiver.recv_frame() == b"goes on"


def test_a_buffer_that_is_too_small(pair):
    sender, receiver = pair
    sender.send_frames([b"hello", b""])
    for room in (bytearray(4), bytearray(0)):
        with pytest.raises(OSError) as raised:
            receiver.recv_frame_into(room)
        assert (raised.value.errno, raised.value.needed) == (errno.EMSGSIZE, 5)
        assert raised.value.__notes__ == [f"into a buffer of {len(room)} bytes: the message has 5 bytes"]
        assert room == bytes(len(room))
    room = bytearray(raised.value.needed)
    assert receiver.recv_frame_into(room) == 5
    assert room == b"hello"
    assert receiver.recv_frame_into(bytearray(0)) == 0


def test_buffers(pair):
    sender, receiver = pair
    for room in (bytearray(9), memoryview(bytearray(9)), array.array("B", bytes(9))):
        sender.send_frame(b"hello")
        assert receiver.recv_frame_into(room) == 5
        assert bytes(room) == b"hello" + bytes(4)
    for wrong in (b"bytes", "text", 5, None):
        with pytest.raises(TypeError):
            receiver.recv_frame_into(wrong)


@pytest.mark.parametrize("timeout", [0.05, 0])
def test_time_that_is_up_loses_nothing(pair, timeout):
    sender, receiver = pair
    receiver.settimeout(timeout)
    expected = TimeoutError if timeout else BlockingIOError
    for piece in (b"", b"\0\0", b"\0\x09hel", b"lo yo"):
        sender.sendall(piece)
        started = time.monotonic()
        with pytest.raises(expected):
            receiver.recv_frame()
        assert time.monotonic() - started >= timeout
    sender.sendall(b"u\0\0\0\0\0")
    assert receiver.recv_frames() == [b"hello you", b""]
    assert receiver.pending() == 1


PLAIN = {
    "recv": lambda sock: sock.recv(100),
    "recv_into": lambda sock: received_into(sock.recv_into),
    "recvfrom": lambda sock: sock.recvfrom(100)[0],
    "recvfrom_into": lambda sock: received_into(lambda room: sock.recvfrom_into(room)[0]),
    "recvmsg": lambda sock: sock.recvmsg(100)[0],
    "recvmsg_into": lambda sock: received_into(lambda room: sock.recvmsg_into([room])[0]),
    "recv_exact": lambda sock: sock.recv_exact(9),
    "makefile": lambda sock: sock.makefile("rb", 0).read(100),
    "Reader.read": lambda sock: Reader(sock).read(100),
    "Reader.read_exact": lambda sock: Reader(sock).read_exact(9),
    "Reader.readinto": lambda sock: received_into(Reader(sock).readinto),
    "take_buffered": lambda sock: sock.take_buffered(),
    "Reader.take_buffered": lambda sock: Reader(sock).take_buffered(),
}


def received_into(receive):
    room = bytearray(100)
    return bytes(room[: receive(room)])


@pytest.mark.parametrize("call", PLAIN)
def test_other_calls_receive_what_came_with_a_message(pair, call):
    sender, receiver = pair
    sender.sendall(b"\0\0\0\3oneand more\n")
    assert receiver.recv_frame() == b"one"
    assert receiver.recv(3, socket.MSG_PEEK) == b"and"
    sender.close()
    assert PLAIN[call](receiver) == b"and more\n"
    assert receiver.pending() == 0
    assert receiver.recv(1) == b""


@needs_ssl
def test_a_socket_with_pending_bytes_is_not_given_away():
    with connection() as (client, server):
        client.sendall(b"\0\0\0\3onemore")
        server.settimeout(WAIT_LIMIT)
        assert server.recv_frame() == b"one"
        for call in (server.detach, server.dup):
            with pytest.raises(OSError) as raised:
                call()
            assert raised.value.errno == errno.EBUSY
            assert "4 received bytes are pending: take_buffered()" in raised.value.__notes__[0]
        raised = refused_by_detach(server)
        assert "take_buffered()" in raised.value.__notes__[0]
        del raised
        gc.collect()
        os.fstat(server.fileno())
        assert server.take_buffered() == b"more"
        server.dup().close()
        os.close(server.detach())


def test_another_init_of_a_socket_with_pending_bytes_is_refused(pair):
    sender, receiver = pair
    sender.send_frames([b"one", b"two"])
    assert receiver.recv_frame() == b"one"
    one, two = socket.socketpair()
    number = two.detach()
    with one, pytest.raises(OSError) as raised:
        receiver.__init__(fileno=number)
    assert raised.value.errno == errno.EBUSY
    os.close(number)  # it still belongs to the program
    assert receiver.recv_frame() == b"two"


def test_closing_forgets_what_is_pending(pair):
    sender, receiver = pair
    sender.send_frames([b"one", b"two"])
    assert receiver.recv_frame() == b"one"
    receiver.close()
    with raises_closed():
        receiver.recv_frame()
    with raises_closed():
        receiver.take_buffered()
    assert receiver.pending() == 0


def test_close_ends_a_call_that_waits_for_a_message(pair):
    _, receiver = pair
    receiver.settimeout(None)
    waiting = Thread(receiver.recv_frame).asleep()
    receiver.close()
    with raises_closed():
        waiting.outcome()


def test_a_handler_that_raises_loses_nothing():
    with connection() as (client, server):
        client.sendall(b"\0\0\0\5he")
        wait_until(lambda: server.recv(10, socket.MSG_PEEK) == b"\0\0\0\5he")
        with ended_by_a_handler() as raised:
            server.recv_frame()
        assert isinstance(raised.value, FromHandler)
        client.sendall(b"llo")
        assert server.recv_frame() == b"hello"


def test_a_handler_that_receives_messages_of_the_same_socket_is_refused():
    with connection() as (client, server):
        refused = []

        def handler():
            with pytest.raises(OSError) as raised:
                server.recv_frame()
            refused.append(raised.value.errno)
            client.send_frame(b"hello")

        with on_signal(handler):
            acting = when_main_sleeps(interrupt)
            assert server.recv_frame() == b"hello"
            acting.outcome()
        assert refused == [errno.EBUSY]


def test_signals_do_not_move_the_deadline():
    with connection() as (_client, server):
        server.settimeout(0.3)
        before = signal.signal(signal.SIGALRM, lambda *_: None)
        signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
        try:
            started = time.monotonic()
            with pytest.raises(TimeoutError) as raised:
                server.recv_frame()
            assert 0.3 <= time.monotonic() - started < WAIT_LIMIT
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        assert "time limit 0.3 s" in raised.value.__notes__[0]


def test_each_message_goes_to_one_thread():
    count, threads = 20_000, 4
    with connection() as (client, server):
        receivers = [Thread(lambda: list(server.frames())) for _ in range(threads)]
        client.send_frames(b"%d" % number for number in range(count))
        client.shutdown(socket.SHUT_WR)
        received = [int(message) for receiver in receivers for message in receiver.outcome()]
    assert sorted(received) == list(range(count))


def test_a_thread_whose_turn_does_not_come_times_out(pair):
    _, receiver = pair
    receiver.settimeout(None)
    first = Thread(receiver.recv_frame).asleep()
    receiver.settimeout(0.05)
    with pytest.raises(TimeoutError):
        receiver.recv_frame()
    receiver.close()
    with raises_closed():
        first.outcome()


def test_a_child_has_a_copy_of_what_is_pending(pair):
    sender, receiver = pair
    sender.send_frames([b"one", b"two"])
    assert receiver.recv_frame() == b"one"
    if (child := os.fork()) == 0:
        end_by_itself()
        os._exit(0 if receiver.recv_frame() == b"two" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert receiver.recv_frame() == b"two"


def test_descriptors_that_come_with_a_message_are_kept(pair):
    sender, receiver = pair
    here, there = os.pipe()
    socket.send_fds(sender, [b"\0\0\0\3one\0\0\0\3two"], [there])
    os.close(there)
    assert receiver.recv_frames() == [b"one", b"two"]
    (taken,) = receiver.take_descriptors()
    assert not os.get_inheritable(taken)
    os.write(taken, b"x")
    os.close(taken)
    assert os.read(here, 9) == b"x"
    os.close(here)
    assert receiver.take_descriptors() == []


def test_datagrams_are_messages_already():
    with (
        socket.socket(type=socket.SOCK_DGRAM) as sock,
        pytest.raises(ValueError, match="datagrams are messages already"),
    ):
        sock.recv_frame()


def test_lines(pair):
    sender, receiver = pair
    sender.sendall("one\r\ntwo\n\nfünf\nsechs\xff".encode("latin-1"))
    sender.close()
    assert receiver.recv_line() == b"one"
    assert receiver.recv_line("ascii") == "two"
    lines = receiver.lines("utf-8", "replace")
    assert iter(lines) is lines
    assert list(lines) == ["", "f�nf", "sechs�"]
    assert receiver.recv_line() is None
    assert receiver.recv_line("utf-8") is None


def test_a_line_that_can_not_be_decoded_is_in_the_exception(pair):
    sender, receiver = pair
    sender.sendall(b"\xff\nnext\n")
    with pytest.raises(UnicodeDecodeError) as raised:
        receiver.recv_line("utf-8")
    assert raised.value.object == b"\xff"
    assert receiver.recv_line("utf-8") == "next"


@pytest.mark.parametrize("names", [("no such encoding",), ("utf-8", "no such handler"), ("hex",), ("rot13",)])
def test_an_unknown_encoding_loses_no_line(pair, names):
    sender, receiver = pair
    sender.sendall(b"x\xff\n")
    for call in (receiver.recv_line, receiver.lines, Reader(receiver).line, Reader(receiver).lines):
        with pytest.raises(LookupError):
            call(*names)
    assert receiver.recv_line() == b"x\xff"


def test_lines_longer_than_the_limit(pair):
    sender, receiver = pair
    sender.sendall(b"12345\n")
    for call in (lambda: receiver.recv_line(limit=4), lambda: next(receiver.lines(limit=4))):
        with pytest.raises(OSError) as raised:
            call()
        assert raised.value.errno == errno.EMSGSIZE
    assert receiver.recv_line(limit=5) == b"12345"


def test_a_reader(pair):
    sender, receiver = pair
    framing = Framing.varint(limit=100)
    reader = Reader(receiver, framing=framing)
    assert (reader.socket, reader.framing) == (receiver, framing)
    assert repr(reader) == f"<Reader of {receiver!r}, Framing.varint(limit=100)>"
    assert Reader(receiver).framing == Framing()
    sender.send_frames([b"one", b"two", b"three", b"four"], framing)
    sender.sendall(b"line\r\nand text\nbytes, bytes.")
    sender.close()
    room = bytearray(9)
    assert (reader.frame_into(room), bytes(room[:3])) == (3, b"one")
    assert reader.frame() == b"two"
    assert reader.frames(1) == [b"three"]
    assert next(reader) == b"four"
    assert (reader.line(), next(reader.lines("utf-8"))) == (b"line", "and text")
    assert (reader.read(0), reader.read(5), reader.read_exact(2)) == (b"", b"bytes", b", ")
    assert reader.pending() == receiver.pending() == 6
    assert (reader.readinto(room), reader.take_buffered()) == (6, b"")
    assert (reader.read(1), reader.frame(), reader.line()) == (b"", None, None)
    with pytest.raises(EOFError):
        reader.read_exact(1)


def test_readers_of_a_socket_share_its_buffer(pair):
    sender, receiver = pair
    sender.send_frame(b"header", Framing.lines())
    sender.send_frames([b"one", b"two"])
    assert next(receiver.lines()) == b"header"
    assert next(Reader(receiver)) == b"one"
    assert Reader(receiver).frame() == b"two"


@pytest.mark.parametrize("wrong", [None, 5, "text", b"bytes"])
def test_only_sockets_have_readers(wrong):
    with pytest.raises(TypeError):
        Reader(wrong)


@pytest.mark.parametrize("make", [Reader, lambda sock: sock.frames(), lambda sock: sock.lines("utf-8")])
def test_a_socket_that_keeps_its_reader_is_collected(make):
    class Own(socket.socket):
        pass

    own = Own()
    own.reader = make(own)
    own.close()
    gone = weakref.ref(own)
    del own
    gc.collect()
    assert gone() is None


def test_no_method_calls_another_one_through_self(pair):
    """Subclasses have methods of these names."""
    refused = [
        "recv",
        "recv_into",
        "recv_exact",
        "recv_frames",
        "pending",
        "take_buffered",
        "send",
        "sendall",
        "send_frames",
    ]

    def fail(*_):
        raise AssertionError

    names = dict.fromkeys(refused, fail)
    own = type("Own", (socket.socket,), names)(fileno=pair[1].detach())
    with own:
        pair[0].send_frames([b"one", b"two\n", b"three"])
        assert own.recv_frame() == b"one"
        assert own.recv_frame_into(bytearray(4)) == 4
        assert next(own.frames()) == b"three"
        own.send_frame(b"x")


def test_memory_for_what_a_peer_announces_is_not_set_aside():
    """16 MiB are announced by many, and not sent."""
    pairs = [socket.socketpair() for _ in range(200)]
    try:
        for sender, receiver in pairs:
            receiver.settimeout(0)
            sender.sendall(struct.pack("!I", 16 << 20) + b"x" * 100)
            with pytest.raises(BlockingIOError):
                receiver.recv_frame()
            assert receiver.pending() == 104
        with open("/proc/self/statm") as file:
            pages = int(file.read().split()[1])
        assert pages * os.sysconf("SC_PAGESIZE") < 1 << 30
    finally:
        for ends in pairs:
            for end in ends:
                end.close()

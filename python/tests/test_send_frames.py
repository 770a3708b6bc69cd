"""Messages sent on a stream: what goes out, what is refused, and what happens when a call ends in the middle."""

import array
import errno
import signal
import struct
import threading

import pytest
from helpers import Thread, connection, ended_by_a_handler, wait_until_asleep

import polysock as socket
from polysock import Framing

# More than the buffers of a socket pair hold.
LARGE = bytes(range(256)) * (8 << 12)


@pytest.fixture
def stuck(pair):
    """A socket in the middle of a message that its peer does not read, and the peer."""
    sender, receiver = pair
    sender.setblocking(False)
    with pytest.raises(BlockingIOError):
        sender.send_frame(LARGE)
    return sender, receiver


@pytest.mark.parametrize(
    ("framing", "sent"),
    [
        (None, b"\0\0\0\2hi"),
        (Framing(), b"\0\0\0\2hi"),
        (Framing.length_prefix(8), b"\2hi"),
        (Framing.length_prefix(16, "little"), b"\2\0hi"),
        (Framing.length_prefix(64), b"\0\0\0\0\0\0\0\2hi"),
        (Framing.varint(), b"\2hi"),
        (Framing.delimiter(b"--"), b"hi--"),
        (Framing.lines(), b"hi\n"),
        (Framing.fixed(2), b"hi"),
    ],
)
def test_what_goes_out(pair, framing, sent):
    sender, receiver = pair
    for data in (b"hi", bytearray(b"hi"), memoryview(b"hi"), array.array("b", b"hi")):
        assert sender.send_frame(data, framing) is None
        assert receiver.recv_exact(len(sent)) == sent
    assert sender.send_frames((data for data in (b"hi", bytearray(b"hi"))), framing=framing) is None
    assert receiver.recv_exact(2 * len(sent)) == sent * 2
    sender.send_frames([])
    sender.shutdown(socket.SHUT_WR)
    assert receiver.recv(1) == b""


def test_the_default_is_what_struct_writes(pair):
    sender, receiver = pair
    for data in (b"", b"x", b"y" * 70_000):
        sender.send_frame(data)
        (length,) = struct.unpack("!I", receiver.recv_exact(4))
        assert receiver.recv_exact(length) == data


@pytest.mark.parametrize(
    ("data", "framing", "number", "note"),
    [
        (
            b"x" * 300,
            Framing.length_prefix(8),
            errno.EMSGSIZE,
            "the message has 300 bytes, and at most 255 are allowed",
        ),
        (b"xxx", Framing(limit=2), errno.EMSGSIZE, "the message has 3 bytes, and at most 2 are allowed"),
        (b"a\nb", Framing.lines(), None, "must not contain the bytes that end a message"),
        (b"a-", Framing.delimiter(b"--"), None, "must not contain the bytes that end a message"),
        (b"abc", Framing.fixed(2), None, "must be 2 bytes, not 3"),
    ],
)
def test_what_is_refused_is_refused_before_anything_is_sent(pair, data, framing, number, note):
    sender, receiver = pair
    for call in (lambda: sender.send_frame(data, framing), lambda: sender.send_frames([b"ok", data], framing)):
        with pytest.raises((OSError, ValueError)) as raised:
            call()
        if number is None:
            assert isinstance(raised.value, ValueError)
            assert note in str(raised.value)
        else:
            assert raised.value.errno == number
            assert raised.value.__notes__ == [note]
        assert raised.value.done == 0
    sender.shutdown(socket.SHUT_WR)
    assert receiver.recv(1) == b""


@pytest.mark.parametrize("wrong", ["text", 5, None, object()])
def test_only_bytes_are_sent(pair, wrong):
    sender, _ = pair
    with pytest.raises(TypeError):
        sender.send_frame(wrong)
    with pytest.raises(TypeError):
        sender.send_frames([b"x", wrong])
    with pytest.raises(TypeError):
        sender.send_frames(5)
    with pytest.raises(TypeError, match="framing"):
        sender.send_frame(b"x", "lines")


def test_an_exception_of_the_iterable_is_passed_on_and_nothing_is_sent(pair):
    sender, receiver = pair

    def messages():
        yield b"one"
        raise KeyError("no more")

    with pytest.raises(KeyError):
        sender.send_frames(messages())
    sender.send_frame(b"two")
    assert receiver.recv(100) == b"\0\0\0\3two"


def test_an_exception_of_iter_is_passed_on(pair):
    class Broken:
        def __iter__(self):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        pair[0].send_frames(Broken())


def test_datagrams_are_messages_already():
    with (
        socket.socket(type=socket.SOCK_DGRAM) as sock,
        pytest.raises(ValueError, match="datagrams are messages already"),
    ):
        sock.send_frame(b"x")


def test_a_message_sent_in_part_is_finished_by_sending_it_again(stuck):
    sender, receiver = stuck
    for other in (b"other", LARGE[:-1], LARGE[:-1] + b"x"):
        with pytest.raises(OSError) as refused:
            sender.send_frame(other)
        assert refused.value.errno == errno.EBUSY
        assert "send the same message again" in refused.value.__notes__[0]
    sender.settimeout(10)
    reader = Thread(receiver.recv_exact, 4 + len(LARGE) + 6)
    sender.send_frames([LARGE, b"ok"])
    assert reader.outcome() == struct.pack("!I", len(LARGE)) + LARGE + b"\0\0\0\2ok"


def test_done_is_the_number_of_whole_messages(pair):
    sender, receiver = pair
    sender.settimeout(0.1)
    messages = [b"%06d" % number for number in range(200_000)]
    with pytest.raises(TimeoutError) as raised:
        sender.send_frames(messages)
    done = raised.value.done
    assert 0 < done < len(messages)
    assert f"{done} messages done" in raised.value.__notes__[0]
    sender.settimeout(10)
    reader = Thread(receiver.recv_exact, 10 * len(messages))
    sender.send_frames(messages[done:])
    assert reader.outcome() == b"".join(b"\0\0\0\6" + message for message in messages)


def test_a_signal_handler_that_raises_leaves_a_message_that_can_be_finished():
    with connection() as (client, server):
        with ended_by_a_handler() as raised:
            client.send_frame(LARGE)
        assert raised.value.done == 0
        reader = Thread(server.recv_exact, 4 + len(LARGE))
        client.send_frame(LARGE)
        assert reader.outcome()[4:] == LARGE


def test_a_handler_that_sends_in_the_middle_of_a_message_is_refused():
    refused = []

    with connection() as (client, server):

        def handler(*_):
            with pytest.raises(OSError) as raised:
                client.send_frame(b"from the handler")
            refused.append(raised.value.errno)

        before = signal.signal(signal.SIGUSR1, handler)
        try:
            main = threading.main_thread()

            def interrupt_and_read():
                wait_until_asleep(main.native_id)
                signal.pthread_kill(main.ident, signal.SIGUSR1)
                return server.recv_exact(4 + len(LARGE))

            reader = Thread(interrupt_and_read)
            client.send_frame(LARGE)
            assert reader.outcome()[4:] == LARGE
        finally:
            signal.signal(signal.SIGUSR1, before)
    assert set(refused) == {errno.EBUSY}


def test_messages_of_threads_do_not_mix():
    with connection() as (client, server):
        senders = [Thread(client.send_frames, [bytes([number]) * 50_000] * 20) for number in range(4)]
        for _ in range(80):
            (length,) = struct.unpack("!I", server.recv_exact(4))
            assert length == 50_000
            assert len(set(server.recv_exact(length))) == 1
        for sender in senders:
            sender.outcome()


def test_a_closed_socket_sends_no_message(pair):
    sender, _ = pair
    sender.close()
    with pytest.raises(OSError) as raised:
        sender.send_frame(b"x")
    assert raised.value.errno == errno.EBADF

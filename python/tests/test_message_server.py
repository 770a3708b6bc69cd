"""The message server: its callbacks, what they are given and may return, and its connections."""

import contextlib
import gc
import threading
import weakref

import pytest
from helpers import WAIT_LIMIT, needs_ipv6, wait_until
from server_helpers import LOCAL, KeptErrors, ask, connect, server_threads

import polysock
from polysock import CloseReason, Framing

pytestmark = pytest.mark.usefixtures("no_server_thread_is_left")

LINES = Framing.lines(limit=1000)


def shout(connection, message):
    return message.upper()


class Record:
    """Callbacks that keep what they are called with; a line b"bye" is answered and then ends the connection."""

    def __init__(self):
        self.calls = []
        self.connections = []

    def on_open(self, connection):
        self.connections.append(connection)
        self.calls.append("open")

    def on_message(self, connection, message):
        assert connection is self.connections[-1]
        self.calls.append(message)
        if message == b"bye":
            connection.close()
        return message

    def on_close(self, connection, reason):
        assert connection is self.connections[-1]
        self.calls.append(reason)

    def closed(self):
        """Waits for the end of the connection and returns the reason."""
        wait_until(lambda: self.calls and isinstance(self.calls[-1], CloseReason))
        return self.calls[-1]


def test_messages_are_answered_in_order():
    record = Record()
    with polysock.MessageServer(LOCAL, record, framing=LINES) as server:
        assert ask(server, b"one\ntwo\r\nlast") == b"one\ntwo\nlast\n"
        assert record.closed() is CloseReason.PEER_FINISHED
    assert record.calls == ["open", b"one", b"two", b"last", CloseReason.PEER_FINISHED]
    assert {type(message) for message in record.calls[1:4]} == {bytes}
    assert not server_threads()


def test_callbacks_are_functions_or_an_objects_methods():
    record, reasons = Record(), []
    closed = lambda connection, reason: reasons.append(reason)  # noqa: E731
    with polysock.MessageServer(LOCAL, record, on_close=closed) as server:
        assert ask(server) == b"hello"
        wait_until(lambda: reasons)
    assert record.calls == ["open", b"hello"]
    with polysock.MessageServer(LOCAL, record.on_message, on_open=record.on_open, on_close=record.on_close) as server:
        assert ask(server) == b"hello"
        record.closed()
    assert record.calls[2:] == ["open", b"hello", CloseReason.PEER_FINISHED]
    with polysock.MessageServer(LOCAL, shout) as server:
        assert ask(server) == b"HELLO"


@pytest.mark.parametrize(
    ("framing", "sent", "answered"),
    [
        (None, b"hello", b"HELLO"),
        (Framing(), b"\0\0\0\1a\0\0\0\0\0\0\0\2bc", b"\0\0\0\1A\0\0\0\0\0\0\0\2BC"),
        (Framing.length_prefix(8), b"\1a", b"\1A"),
        (Framing.varint(), b"\1a", b"\1A"),
        (Framing.delimiter(b"--"), b"a--b--", b"A--B--"),
        (Framing.fixed(2), b"abcd", b"ABCD"),
    ],
)
def test_framings(framing, sent, answered):
    with polysock.MessageServer(LOCAL, shout, framing=framing) as server:
        assert ask(server, sent) == answered


def test_raw_replies():
    with polysock.MessageServer(LOCAL, shout, framing=LINES, raw_replies=True) as server:
        assert ask(server, b"one\ntwo\n") == b"ONETWO"


@pytest.mark.parametrize("reply", [b"xy", bytearray(b"xy"), memoryview(b"xy"), b"", bytearray(), None])
def test_replies_are_bytes_like_or_nothing(reply):
    with polysock.MessageServer(LOCAL, lambda c, m: reply, framing=Framing.length_prefix(8)) as server:
        assert ask(server, b"\1a") == (b"" if reply is None else bytes([len(reply)]) + reply)


class Bytes(bytes):
    pass


def test_a_reply_of_a_subclass_of_bytes():
    with polysock.MessageServer(LOCAL, lambda c, m: Bytes(b"xy")) as server:
        assert ask(server) == b"xy"


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)])
def test_a_connection_names_its_peer(host):
    record = Record()
    with polysock.MessageServer((host, 0), record) as server:
        with connect(server) as client:
            own = client.getsockname()
            client.sendall(b"x")
            assert client.recv(1) == b"x"
            (connection,) = record.connections
            wait_until(lambda: connection.unsent == 0)
            assert (connection.peer, connection.closed) == (own, False)
            assert repr(connection) == f"<polysock.Connection peer={own}>"
            assert (server.connections, server.address) == (1, server.listener.getsockname())
        record.closed()
    assert (connection.peer, connection.closed, connection.error) == (own, True, None)
    assert repr(connection) == f"<polysock.Connection [closed] peer={own}>"


def test_unix_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record = Record()
    with polysock.MessageServer("s", record) as server, polysock.socket(polysock.AF_UNIX) as client:
        client.connect(server.address)
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        assert record.connections[0].peer == ""


def test_state_of_the_programs_own():
    def count(connection, message):
        connection.state.append(message)
        return b"%d" % len(connection.state)

    def opened(connection):
        assert connection.state is None
        connection.state = []

    with polysock.MessageServer(LOCAL, count, framing=LINES, on_open=opened) as server:
        assert ask(server, b"a\nb\n") == b"1\n2\n"
        assert ask(server, b"a\n") == b"1\n"


def test_connections_in_sets_and_weak_references():
    opened = weakref.WeakSet()
    with polysock.MessageServer(LOCAL, shout, on_open=opened.add) as server:
        with connect(server) as one, connect(server) as other:
            one.sendall(b"a")
            other.sendall(b"b")
            assert one.recv(1) + other.recv(1) == b"AB"
            gc.collect()
            assert len(opened) == len(set(opened)) == 2
        wait_until(lambda: server.connections == 0)
    gc.collect()
    assert not opened


def test_a_cycle_through_the_state_is_collected():
    class Session:
        pass

    sessions = weakref.WeakSet()

    def opened(connection):
        connection.state = Session()
        connection.state.connection = connection
        sessions.add(connection.state)

    with polysock.MessageServer(LOCAL, shout, on_open=opened) as server:
        assert ask(server) == b"HELLO"
        wait_until(lambda: server.stats.handled == 1)
        wait_until(lambda: gc.collect() >= 0 and not sessions)  # the thread may still be leaving the callback


def test_any_thread_sends_to_everyone():
    """A chat: what one says, the others hear, in order."""

    class Chat:
        def __init__(self):
            self.everyone = set()

        def on_open(self, connection):
            self.everyone.add(connection)

        def on_message(self, connection, message):
            for other in self.everyone - {connection}:
                other.send(message)
            return b"said"

        def on_close(self, connection, reason):
            self.everyone.discard(connection)

    chat = Chat()
    with polysock.MessageServer(LOCAL, chat, framing=LINES) as server:
        with connect(server) as one, connect(server) as other:
            wait_until(lambda: len(chat.everyone) == 2)
            one.sendall(b"".join(b"%d\n" % number for number in range(100)))
            assert b"".join(line.readline() for line in [other.makefile("rb")] for _ in range(100)) == b"".join(
                b"%d\n" % number for number in range(100)
            )
            assert one.recv_exact(500) == b"said\n" * 100
            for connection in list(chat.everyone):
                connection.send(bytearray(b"from outside"), None)
            assert one.recv_exact(13) == other.recv_exact(13) == b"from outside\n"
        wait_until(lambda: not chat.everyone)


def test_what_a_callback_sends_comes_before_its_reply():
    def on_message(connection, message):
        connection.send(b"first")
        connection.send(b"second")
        return b"third"

    with polysock.MessageServer(LOCAL, on_message, framing=LINES) as server:
        assert ask(server, b"x\ny\n") == b"first\nsecond\nthird\n" * 2


def test_send_waits_for_a_slow_reader_only_if_asked_to():
    record = Record()
    piece = bytes(1 << 20)
    with polysock.MessageServer(LOCAL, record, max_unsent=1 << 20) as server, connect(server) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        (connection,) = record.connections
        sent = 0
        for timeout, full in ((0, BlockingIOError), (0.05, TimeoutError)):
            with contextlib.suppress(full):
                while True:
                    connection.send(piece, timeout)
                    sent += len(piece)
            assert 0 < connection.unsent <= 2 << 20
        waiting = threading.Thread(target=connection.send, args=(b"end", None))
        waiting.start()
        received = client.recv_exact(sent + 3)
        waiting.join(WAIT_LIMIT)
        assert not waiting.is_alive()
        assert received == bytes(sent) + b"end"
        wait_until(lambda: connection.unsent == 0)


def test_sending_goes_wrong():
    record = Record()
    with polysock.MessageServer(LOCAL, record, framing=LINES) as server, connect(server) as client:
        client.sendall(b"x\n")
        assert client.recv_exact(2) == b"x\n"
        (connection,) = record.connections
        for arguments, exception in (
            (("text",), TypeError),
            ((), TypeError),
            ((b"x", -1), ValueError),
            ((b"x", "1"), TypeError),
            ((bytes(1001),), OSError),
            ((b"two\nlines",), ValueError),
        ):
            with pytest.raises(exception):
                connection.send(*arguments)
        with pytest.raises(TypeError):
            polysock.Connection()
        connection.close()
        connection.close()
        assert record.closed() is CloseReason.BY_PROGRAM
        with pytest.raises(OSError, match="Bad file descriptor"):
            connection.send(b"late")
        connection.abort()
        assert client.recv(1) == b""


def test_a_callback_closes_its_connection():
    record = Record()
    with polysock.MessageServer(LOCAL, record, framing=LINES) as server:
        assert ask(server, b"a\nbye\nnever\n") == b"a\nbye\n"
        assert record.closed() is CloseReason.BY_PROGRAM
    assert b"never" not in record.calls


def test_abort_resets():
    def on_message(connection, message):
        connection.abort()
        return b"never"

    reasons = []
    with (
        polysock.MessageServer(LOCAL, on_message, on_close=lambda *ended: reasons.append(ended[1])) as server,
        connect(server) as client,
    ):
        client.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            client.recv(1)
        wait_until(lambda: reasons == [CloseReason.BY_PROGRAM])


def test_a_slow_callback_holds_up_its_own_connection_only():
    door = threading.Event()

    def on_message(connection, message):
        if message == b"wait":
            assert door.wait(WAIT_LIMIT)
        return message

    with polysock.MessageServer(LOCAL, on_message, framing=LINES) as server:
        with connect(server) as slow, connect(server) as other:
            slow.sendall(b"wait\nafter\n")
            for _ in range(100):
                other.sendall(b"x\n")
                assert other.recv_exact(2) == b"x\n"
            door.set()
            assert slow.recv_exact(11) == b"wait\nafter\n"
        assert len(server_threads()) >= 2


def test_one_thread_serves_many_connections():
    with polysock.MessageServer(LOCAL, shout, workers=1) as server:
        clients = [connect(server) for _ in range(100)]
        for client in clients:
            client.sendall(b"x")
        assert [client.recv(1) for client in clients] == [b"X"] * 100
        assert server.connections == 100
        assert len(server_threads()) == 1
    assert server.connections == 0


def test_no_more_than_so_many_at_a_time():
    with polysock.MessageServer(LOCAL, shout, max_connections=2) as server:
        clients = [connect(server) for _ in range(4)]
        for client in clients:
            client.sendall(b"x")
        assert [client.recv(1) for client in clients[:2]] == [b"X"] * 2
        assert server.connections == 2
        clients[0].close()
        clients[1].close()
        assert [client.recv(1) for client in clients[2:]] == [b"X"] * 2


def test_settrace_and_setprofile_see_the_callbacks():
    seen = []

    def traced(connection, message):
        return message

    threading.setprofile(lambda frame, event, _: seen.append(event) if frame.f_code is traced.__code__ else None)
    try:
        with polysock.MessageServer(LOCAL, traced) as server:
            assert ask(server) == b"hello"
    finally:
        threading.setprofile(None)
    assert seen == ["call", "return"]


@pytest.mark.parametrize(
    ("on_message", "options", "exception", "text"),
    [
        (None, {}, TypeError, "on_message must be callable, or an object with that method, not NoneType"),
        (object(), {}, TypeError, "on_message must be callable, or an object with that method, not object"),
        (shout, {"on_open": 7}, TypeError, "on_open must be callable or None, not int"),
        (shout, {"on_close": 7}, TypeError, "on_close must be callable or None, not int"),
        (shout, {"on_error": 7}, TypeError, "on_error must be callable or None, not int"),
        (shout, {"framing": b"\n"}, TypeError, "Framing"),
        (shout, {"max_connections": 0}, ValueError, "max_connections must be at least 1"),
        (shout, {"workers": 0}, ValueError, "workers must be at least 1"),
        (shout, {"max_unsent": -1}, ValueError, "max_unsent must be at least 1"),
        (shout, {"idle_timeout": 0}, ValueError, "idle_timeout must be above 0 seconds"),
        (shout, {"handler_timeout": 0}, ValueError, "handler_timeout must be above 0 seconds"),
        (shout, {"backlog": "x"}, TypeError, "str"),
    ],
)
def test_arguments_that_make_no_server(on_message, options, exception, text):
    with pytest.raises(exception, match=text):
        polysock.MessageServer(LOCAL, on_message, **options)


def test_statistics():
    errors = KeptErrors()
    with polysock.MessageServer(LOCAL, shout, framing=LINES, on_error=errors) as server:
        assert ask(server, b"x\n") == b"X\n"
        assert ask(server, bytes(2000)) == b""
        wait_until(lambda: server.stats.handled == 2)
        assert server.stats == (2, 0, 0, 0, 1)
        assert server.stats._fields == ("handled", "resets", "idle_timeouts", "handler_timeouts", "bad_messages")
    assert not errors

"""What goes wrong in a message server's callbacks and connections, and who learns of it."""

import errno
import os
import struct
import threading
import time

import pytest
from helpers import WAIT_LIMIT, wait_until
from server_helpers import LOCAL, KeptErrors, ask, connect

import polysock
from polysock import CloseReason, Framing

pytestmark = pytest.mark.usefixtures("no_server_thread_is_left")

LINES = Framing.lines(limit=1000)


class Ends(list):
    """An on_close that keeps the reasons and errors of connections."""

    def __call__(self, connection, reason):
        self.append((reason, connection.error))

    def one(self):
        wait_until(lambda: self)
        return self.pop()


async def asynchronous(connection, message):
    return message


def generator(connection, message):
    yield message


async def both(connection, message):
    yield message


def raises(connection, message):
    raise LookupError("on purpose")


def exits(connection, message):
    raise SystemExit(3)


WRONG = "on_message must return a bytes-like object or None, not "
NOT_RUN = " which does nothing: "


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("failing", "exception", "text"),
    [
        (raises, LookupError, "on purpose"),
        (exits, SystemExit, "3"),
        (lambda c, m: "text", TypeError, WRONG + "str"),
        (lambda c, m: 7, TypeError, WRONG + "int"),
        (lambda c, m: memoryview(b"abcd")[::2], TypeError, WRONG + "memoryview"),
        (lambda c: b"", TypeError, "takes 1 positional argument"),
        (asynchronous, TypeError, f"on_message returned a coroutine,{NOT_RUN}define it with def, not async def"),
        (generator, TypeError, f"on_message returned a generator,{NOT_RUN}it must not contain yield"),
        (both, TypeError, f"on_message returned an async_generator,{NOT_RUN}it must not contain yield"),
        (lambda c, m: bytes(1001), OSError, os.strerror(errno.EMSGSIZE)),
        (lambda c, m: b"two\nlines", ValueError, "must not contain the bytes that end a message"),
    ],
)
def test_a_callback_that_fails_ends_its_connection_only(failing, exception, text):
    def on_message(connection, message):
        return message if message == b"fine" else failing(connection, message)

    errors, ends = KeptErrors(), Ends()
    with (
        polysock.MessageServer(LOCAL, on_message, framing=LINES, on_close=ends, on_error=errors) as server,
        connect(server) as other,
    ):
        assert ask(server, b"fine\nwrong\nfine\n") == b"fine\n"
        raised, connection = errors.one()
        assert isinstance(raised, exception)
        assert text in str(raised)
        assert (type(connection), connection.closed) == (polysock.Connection, True)
        assert ends.one() == (CloseReason.HANDLER_FAILED, None)
        other.sendall(b"fine\n")
        assert other.recv_exact(5) == b"fine\n"
    assert not errors


def test_without_a_hook_it_is_that_of_threads(capsys, monkeypatch):
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)  # not that of pytest
    with polysock.MessageServer(LOCAL, raises) as server, connect(server) as client:
        client.sendall(b"x")
        assert client.recv(1) == b""
        host, port = client.getsockname()
    report = capsys.readouterr().err.splitlines()
    assert report[0].startswith("Exception in thread polysock-server-")
    assert report[-2:] == ["LookupError: on purpose", f"handling the connection from {host}:{port}"]
    assert "in raises" in report[2]  # the traceback begins with the callback


def test_a_hook_that_raises(monkeypatch):
    def hook(exception, connection):
        raise RuntimeError("from the hook")

    reported = []
    monkeypatch.setattr(threading, "excepthook", lambda what: reported.append(str(what.exc_value)))
    with polysock.MessageServer(LOCAL, raises, on_error=hook) as server:
        assert ask(server) == b""
        assert ask(server) == b""
        wait_until(lambda: len(reported) == 2)
    assert reported == ["from the hook"] * 2


async def opens_later(connection):
    pass


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("opened", "text"),
    [
        (lambda connection: 1 // 0, "division"),
        (opens_later, f"on_open returned a coroutine,{NOT_RUN}define it with def, not async def"),
    ],
)
def test_if_on_open_fails_no_other_callback_follows(opened, text):
    errors, ends = KeptErrors(), Ends()
    server = polysock.MessageServer(LOCAL, raises, on_open=opened, on_close=ends, on_error=errors)
    with server:
        with connect(server) as client:
            assert client.recv(1) == b""
        exception, connection = errors.one()
        assert text in str(exception)
        wait_until(lambda: server.stats.handled == 1)
        assert connection.closed
    assert not errors
    assert not ends


def test_on_close_fails():
    errors = KeptErrors()
    with polysock.MessageServer(LOCAL, lambda c, m: m, on_close=lambda c, r: 1 // 0, on_error=errors) as server:
        assert ask(server) == b"hello"
        assert isinstance(errors.one()[0], ZeroDivisionError)
        assert ask(server) == b"hello"
        assert isinstance(errors.one()[0], ZeroDivisionError)


@pytest.mark.parametrize(
    ("framing", "sent", "code", "answered"),
    [
        (LINES, b"fine\n" + bytes(2000), errno.EMSGSIZE, b"fine\n"),
        (Framing.varint(), b"\4fine" + b"\xff" * 11, errno.EBADMSG, b"\4fine"),
        (Framing.length_prefix(8), b"\4fine\5half", None, b"\4fine"),
    ],
)
def test_bad_messages(framing, sent, code, answered):
    ends, errors = Ends(), KeptErrors()
    server = polysock.MessageServer(LOCAL, lambda c, m: m, framing=framing, on_close=ends, on_error=errors)
    with server:
        assert ask(server, sent) == answered
        reason, error = ends.one()
        assert reason is CloseReason.BAD_MESSAGE
        assert isinstance(error, OSError if code else polysock.TruncatedError)
        assert getattr(error, "errno", None) == code
    assert not errors  # on_close has reported it


def test_resets_are_a_reason():
    ends, errors = Ends(), KeptErrors()
    with polysock.MessageServer(LOCAL, lambda c, m: m, on_close=ends, on_error=errors) as server:
        client = connect(server)
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        client.setsockopt(polysock.SOL_SOCKET, polysock.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        reason, error = ends.one()
        assert (reason, type(error)) == (CloseReason.FAILED, ConnectionResetError)
        assert server.stats == (1, 1, 0, 0, 0)
    assert not errors


def test_silent_peers_lose_their_places():
    ends = Ends()
    with polysock.MessageServer(LOCAL, lambda c, m: m, on_close=ends, idle_timeout=0.1) as server:
        began = time.monotonic()
        with connect(server) as client:
            assert client.recv(1) == b""
        assert time.monotonic() - began >= 0.1
        assert ends.one() == (CloseReason.IDLE_TIMEOUT, None)
        assert server.stats.idle_timeouts == 1


def test_a_callback_that_takes_too_long_loses_its_connection():
    door, ends = threading.Event(), Ends()

    def on_message(connection, message):
        assert door.wait(WAIT_LIMIT)
        return b"late"

    with polysock.MessageServer(LOCAL, on_message, on_close=ends, handler_timeout=0.1) as server:
        began = time.monotonic()
        with connect(server) as client:
            client.sendall(b"x")
            assert client.recv(1) == b""
        assert time.monotonic() - began >= 0.1
        door.set()
        assert ends.one() == (CloseReason.HANDLER_TIMEOUT, None)
        assert server.stats.handler_timeouts == 1


def test_memory_runs_out_for_one_connection_only(monkeypatch):
    errors = KeptErrors()

    def on_message(connection, message):
        return bytes(1 << 60) if message == b"much" else message

    with polysock.MessageServer(LOCAL, on_message, on_error=errors) as server:
        assert ask(server, b"much") == b""
        assert isinstance(errors.one()[0], MemoryError)
        assert ask(server) == b"hello"


def test_each_reason_is_there():
    assert [reason.name for reason in CloseReason] == [
        *("PEER_FINISHED", "BY_PROGRAM", "FAILED", "IDLE_TIMEOUT"),
        *("HANDLER_TIMEOUT", "HANDLER_FAILED", "BAD_MESSAGE", "STOPPED"),
    ]
    assert all(isinstance(reason.value, str) for reason in CloseReason)

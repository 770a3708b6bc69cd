"""How a callback server ends: by stop() in any thread, with its listener, by a signal."""

import errno
import signal
import threading
import time

import pytest
from helpers import WAIT_LIMIT, Thread, interrupt, on_signal, wait_until, when_main_sleeps
from server_helpers import LOCAL, KeptErrors, ask, connect, echo, server_threads

import polysock

pytestmark = pytest.mark.usefixtures("no_server_thread_is_left")


@pytest.mark.parametrize("timeout", [0, 2 * WAIT_LIMIT, None])
def test_a_handler_stops_its_own_server(timeout):
    def handler(connection, address):
        connection.recv(1)
        results.append(server.stop(timeout))
        connection.sendall(b"bye")

    results = []
    with polysock.Server(LOCAL, handler) as server:
        waiting = Thread(server.serve_forever)
        assert ask(server, b"x") == b"bye"  # within WAIT_LIMIT: it does not wait for itself
        waiting.outcome()
    assert results == [0]


@pytest.mark.parametrize("started", [True, False])
def test_a_stopped_server_does_not_start_again(started):
    server = polysock.Server(LOCAL, echo)
    assert repr(server) == f"<polysock.Server [not started] address={server.address!r}, connections=0>"
    if started:
        server.start()
        server.start()
        assert repr(server) == f"<polysock.Server address={server.address!r}, connections=0>"
    server.stop()
    assert repr(server) == f"<polysock.Server [closed] address={server.address!r}, connections=0>"
    for start in (server.start, server.__enter__):
        with pytest.raises(OSError, match="Bad file descriptor") as raised:
            start()
        assert raised.value.errno == errno.EBADF
        assert raised.value.__notes__ == ["hint: a stopped server can't be started again; make a new one"]


def test_a_thread_that_is_about_to_start():
    with polysock.Server(LOCAL, echo) as server:
        server._threads.add(polysock._serving._Thread(server, 99))
        assert ask(server) == b"hello"
        assert server.stop() == 0


def test_handlers_may_finish_until_the_time_is_up():
    door = threading.Event()

    def handler(connection, address):
        connection.sendall(connection.recv(1))
        door.wait(WAIT_LIMIT)
        connection.sendall(b"done")

    server = polysock.Server(LOCAL, handler)
    server.start()
    with connect(server) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        stopping = Thread(server.stop, None)
        wait_until(lambda: server.listener.fileno() == -1)
        assert client.getpeername() == server.address
        door.set()
        assert stopping.outcome() == 0
        assert client.recv_exact(4) == b"done"
        assert client.recv(1) == b""


def test_handlers_that_wait_are_woken():
    errors, raised = KeptErrors(), []

    def handler(connection, address):
        try:
            echo(connection, address)
        except OSError as error:
            raised.append(error.errno)
            raise

    server = polysock.Server(LOCAL, handler, on_error=errors)
    server.start()
    with connect(server) as one, connect(server) as other:
        for client in (one, other):
            client.sendall(b"x")
            assert client.recv(1) == b"x"
        began = time.monotonic()
        assert server.stop(0.1) == 0
        assert 0.1 <= time.monotonic() - began < 5
        assert one.recv(1) == other.recv(1) == b""
    assert raised == [errno.EBADF] * 2
    assert not errors  # being woken is not a failure


def test_who_keeps_what_handlers_raised_does_not_hold_up_stop():
    """An exception keeps its frames and their variables, which must not include anything that stop() waits for."""
    errors = KeptErrors()
    began = time.monotonic()
    for _ in range(2 * WAIT_LIMIT):  # stop gives threads that are on their way out a second
        with polysock.Server(LOCAL, lambda c, a: 1 // 0, on_error=errors) as server:
            assert ask(server, b"") == b""
    assert time.monotonic() - began < WAIT_LIMIT
    assert len(errors) == 2 * WAIT_LIMIT


def test_other_exceptions_of_a_woken_handler_are_reported():
    def handler(connection, address):
        try:
            connection.recv(1)
        except OSError:
            raise LookupError("in the clean-up") from None

    errors = KeptErrors()
    server = polysock.Server(LOCAL, handler, on_error=errors)
    server.start()
    with connect(server):
        wait_until(lambda: server.connections == 1)
        assert server.stop(0) == 0
    assert isinstance(errors.one()[0], LookupError)


def test_stop_counts_a_handler_that_blocks_forever():
    door = threading.Event()
    server = polysock.Server(LOCAL, lambda c, a: door.wait())
    server.start()
    with connect(server) as client:
        wait_until(lambda: server.connections == 1)
        began = time.monotonic()
        assert server.stop(0) == 1
        assert time.monotonic() - began < 5
        assert client.recv(1) == b""
        assert server.stop(0) == 1
    assert all(thread.daemon for thread in server_threads())
    door.set()
    assert server.stop(None) == 0


def test_start_and_stop_in_any_order():
    server = polysock.Server(LOCAL, echo)
    with connect(server) as early:  # waits to be accepted
        server.start()
        server.start()
        early.sendall(b"x")
        assert early.recv(1) == b"x"
    stoppers = [Thread(server.stop, timeout) for timeout in (None, 1, 0)]
    assert [stopper.outcome() for stopper in stoppers] == [0, 0, 0]
    server.serve_forever()
    assert server.stop(0) == 0
    assert "[closed]" in repr(server)
    server = polysock.Server(LOCAL, echo)
    assert server.stop() == 0
    with pytest.raises(OSError, match="Bad file descriptor"):
        server.serve_forever()
    with pytest.raises(ValueError, match="out of range"):
        server.stop(-1)


def test_closing_the_listener_ends_accepting():
    with polysock.Server(LOCAL, echo) as server, connect(server) as client:
        waiting = Thread(server.serve_forever).asleep()
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        server.listener.close()
        waiting.outcome()
        client.sendall(b"y")
        assert client.recv(1) == b"y"


class Interrupt(Exception):
    pass


def raise_it():
    raise Interrupt


def test_a_signal_ends_serve_forever():
    calls = []
    with polysock.Server(LOCAL, echo) as server:
        with on_signal(lambda: calls.append(ask(server))):  # returns: the wait goes on
            acting = when_main_sleeps(interrupt, lambda: wait_until(lambda: calls), server.stop)
            server.serve_forever()
            acting.outcome()
        assert calls == [b"hello"]
    with polysock.Server(LOCAL, echo) as server, on_signal(raise_it):
        acting = when_main_sleeps(interrupt)
        with pytest.raises(Interrupt):
            server.serve_forever()
        acting.outcome()
        assert ask(server) == b"hello"
    with pytest.raises(OSError, match="refused"):
        connect(server)
    with polysock.Server(LOCAL, echo) as server, on_signal(server.stop):
        acting = when_main_sleeps(interrupt)
        server.serve_forever()
        acting.outcome()


def test_a_signal_ends_stop():
    door = threading.Event()
    server = polysock.Server(LOCAL, lambda c, a: door.wait())
    server.start()
    with connect(server):
        wait_until(lambda: server.connections == 1)
        main = threading.main_thread().ident

        def signal_once_stopping():
            wait_until(lambda: server.listener.fileno() == -1)
            signal.pthread_kill(main, signal.SIGUSR1)

        with on_signal(raise_it):
            acting = Thread(signal_once_stopping)
            with pytest.raises(Interrupt):
                server.stop(None)
            acting.outcome()
        door.set()
        assert server.stop(None) == 0

"""The callback server's time limits and counts, and how long stop() may take."""

import socket as standard
import struct
import threading
import time

import pytest
from helpers import WAIT_LIMIT, wait_until
from server_helpers import LOCAL, KeptErrors, ask, connect, echo

import polysock
from polysock import net

pytestmark = pytest.mark.usefixtures("no_server_thread_is_left")


def test_silent_peers_lose_their_places():
    errors = KeptErrors()
    with polysock.Server(LOCAL, echo, max_connections=4, on_error=errors, idle_timeout=1) as server:
        began = time.monotonic()
        silent = [connect(server) for _ in range(4)]
        wait_until(lambda: server.connections == 4)
        assert ask(server) == b"hello"
        assert time.monotonic() - began >= 1
        assert [client.recv(1) for client in silent] == [b""] * 4
        wait_until(lambda: server.stats.handled == 5)
        assert server.stats == (5, 0, 4, 0)
        assert 1 <= len(errors) < 4
        assert all(isinstance(exception, TimeoutError) for exception, _ in errors)


def test_a_handler_that_takes_too_long_loses_its_connection():
    errors, door = KeptErrors(), threading.Event()

    def handler(connection, address):
        if connection.recv(1) == b"d":
            door.wait(WAIT_LIMIT)
            with pytest.raises(OSError):
                connection.sendall(b"late")

    with polysock.Server(LOCAL, handler, max_connections=2, on_error=errors, handler_timeout=0.2) as server:
        began = time.monotonic()
        clients = [connect(server), connect(server)]
        clients[0].sendall(b"d")
        assert [client.recv(1) for client in clients] == [b"", b""]
        assert time.monotonic() - began >= 0.2
        wait_until(lambda: server.connections == 1)
        assert server.stats.handler_timeouts == 2
        door.set()
        wait_until(lambda: server.connections == 0)
    assert not errors


def test_resets_are_counted_and_reported_once_a_second():
    errors = KeptErrors()
    with polysock.Server(LOCAL, echo, on_error=errors) as server:
        began = time.monotonic()
        for handled in range(1, 51):
            client = connect(server)
            wait_until(lambda: server.connections == 1)
            client.setsockopt(polysock.SOL_SOCKET, polysock.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
            wait_until(lambda handled=handled: server.stats.handled == handled)
        seconds = int(time.monotonic() - began)
        assert server.stats.resets == 50
        assert 1 <= len(errors) <= 1 + seconds
        assert all(isinstance(exception, ConnectionResetError) for exception, _ in errors)


def test_what_no_peer_did_is_reported_each_time():
    errors = KeptErrors()

    def handler(connection, address):
        raise (ConnectionResetError, TimeoutError)[int(connection.recv(1))]("of another connection")

    with polysock.Server(LOCAL, handler, on_error=errors, idle_timeout=WAIT_LIMIT) as server:
        for text in (b"0", b"0", b"1", b"1"):
            ask(server, text)
        wait_until(lambda: server.stats.handled == 4)
        assert server.stats == (4, 0, 0, 0)
    assert len(errors) == 4


def test_a_default_timeout_is_not_longer_than_the_idle_timeout():
    standard.setdefaulttimeout(WAIT_LIMIT)
    try:
        timeouts = []
        with polysock.Server(LOCAL, lambda c, a: timeouts.append(c.gettimeout()), idle_timeout=1.5) as server:
            ask(server, b"")
        assert timeouts == [1.5]
    finally:
        standard.setdefaulttimeout(None)


@pytest.mark.parametrize("name", ["idle_timeout", "handler_timeout"])
def test_times_that_make_no_sense(name):
    for time_limit in (0, -1):
        with pytest.raises(ValueError):
            polysock.Server(LOCAL, echo, **{name: time_limit})
    with pytest.raises(TypeError):
        polysock.Server(LOCAL, echo, **{name: "1"})
    polysock.Server(LOCAL, echo, **{name: None}).stop()


def test_lingering_connections_do_not_hold_up_stop():
    """It once took a second for each."""

    def handler(connection, address):
        connection.setsockopt(polysock.SOL_SOCKET, polysock.SO_LINGER, struct.pack("ii", 1, WAIT_LIMIT))
        connection.settimeout(0.02)
        with pytest.raises(TimeoutError):
            connection.sendall(bytes(20_000_000))

    server = polysock.Server(LOCAL, handler)
    server.start()
    clients = [connect(server) for _ in range(12)]
    wait_until(lambda: server.stats.handled == 12)
    began = time.monotonic()
    assert server.stop(1) == 0
    assert time.monotonic() - began < 5
    del clients


def test_stop_wakes_hundreds_of_handlers():
    server = polysock.Server(LOCAL, echo, max_connections=300, backlog=300)
    server.start()
    clients = [connect(server) for _ in range(300)]
    wait_until(lambda: server.connections == 300)
    began = time.monotonic()
    assert server.stop(0) == 0
    assert time.monotonic() - began < 5
    assert [client.recv(1) for client in clients] == [b""] * 300


def test_in_javas_manner():
    errors, times = KeptErrors(), []

    def handler(socket):
        times.append(socket.getSoTimeout())
        socket.getInputStream().read()

    with net.Server(0, handler, onError=errors, idleTimeout=100, handlerTimeout=WAIT_LIMIT * 1000) as server:
        for _ in range(3):
            with net.Socket(net.InetAddress.getLoopbackAddress(), server.getLocalPort()) as client:
                assert client.getInputStream().read() == -1
        wait_until(lambda: server.getStats().handled == 3)
        assert server.getStats().idle_timeouts == 3
    assert times == [100] * 3
    assert len(errors) < 3
    assert all(isinstance(exception, net.SocketTimeoutException) for exception, _ in errors)
    for wrong in ({"idleTimeout": -1}, {"handlerTimeout": -1}):
        with pytest.raises(net.IllegalArgumentException):
            net.Server(0, handler, **wrong)

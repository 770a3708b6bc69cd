"""`polysock.net.MessageServer`: the Java-style message server."""

import struct
import threading

import pytest
from helpers import WAIT_LIMIT, wait_until
from test_net_server import connect, connect_and_start, endpoints

import polysock
from polysock import net

pytestmark = pytest.mark.usefixtures("no_server_thread_is_left")

LINES = net.Framing.lines()


class Shouter:
    """Counts a connection's messages, which the connection keeps."""

    def __init__(self):
        self.connections, self.reasons, self.errors = [], [], []

    def onOpen(self, connection):
        assert connection.attachment() is None
        assert connection.attach([]) is None
        self.connections.append(connection)

    def onMessage(self, connection, line):
        connection.attachment().append(line)
        if line == b"!":
            raise net.ProtocolException("no")
        return line.upper()

    def onClose(self, connection, reason):
        self.reasons.append(reason)

    def onError(self, exception, connection):
        self.errors.append((exception, connection))


def ask(server, text):
    with connect(server) as client:
        client.getOutputStream().write(text)
        client.shutdownOutput()
        return client.getInputStream().readAllBytes()


@pytest.mark.parametrize("which", range(3))
def test_messages_are_answered(which):
    shouter = Shouter()
    with net.MessageServer(endpoints()[which], shouter, LINES) as server:
        assert ask(server, b"one\ntwo\n") == b"ONE\nTWO\n"
        wait_until(lambda: shouter.reasons == [net.CloseReason.PEER_FINISHED])
        assert server.getStats() == (1, 0, 0, 0, 0)
    (connection,) = shouter.connections
    assert type(connection) is net.Connection
    assert connection.attachment() == [b"one", b"two"]
    assert (connection.isClosed(), connection.getUnsent(), connection.getException()) == (True, 0, None)
    assert server.isClosed()
    assert server.getLocalPort() > 0


def test_functions_as_callbacks():
    reasons = []
    with net.MessageServer(0, lambda c, m: m, onClose=lambda c, reason: reasons.append(reason)) as server:
        assert ask(server, b"hello") == b"hello"
        wait_until(lambda: reasons)


def test_what_a_callback_raises():
    shouter = Shouter()
    with net.MessageServer(0, shouter, LINES) as server:
        assert ask(server, b"a\n!\nb\n") == b"A\n"
        wait_until(lambda: shouter.errors)
        assert ask(server, b"c\n") == b"C\n"
    ((exception, connection),) = shouter.errors
    assert type(exception) is net.ProtocolException
    assert connection.attachment() == [b"a", b"!"]
    assert shouter.reasons[0] is net.CloseReason.HANDLER_FAILED


def test_the_default_report_names_the_client(capsys, monkeypatch):
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)  # not that of pytest
    with net.MessageServer(0, lambda c, m: 1 // 0) as server, connect(server) as client:
        client.getOutputStream().write(b"x")
        assert client.getInputStream().read() == -1
        port = client.getLocalPort()
    report = capsys.readouterr().err.splitlines()
    assert report[-1] == f"handling the connection from /127.0.0.1:{port}"


def send_without_end(connection, *timeout):
    while True:
        connection.send(bytes(1 << 20), *timeout)


def test_sending():
    shouter = Shouter()
    with net.MessageServer(0, shouter, LINES, maxUnsent=1000) as server, connect(server) as client:
        client.getOutputStream().write(b"x\n")
        assert client.getInputStream().readNBytes(2) == b"X\n"
        (connection,) = shouter.connections
        peer = connection.getRemoteSocketAddress()
        assert isinstance(peer, net.InetSocketAddress)
        assert peer.getPort() == client.getLocalPort()
        assert connection.toString() == repr(connection) == f"Connection[addr=/127.0.0.1:{peer.getPort()}]"
        connection.send(b"one")
        connection.send(bytearray(b"two"), 0)
        assert client.getInputStream().readNBytes(8) == b"one\ntwo\n"
        with pytest.raises(net.SocketException, match="temporarily unavailable"):
            send_without_end(connection)
        with pytest.raises(net.SocketTimeoutException, match="Write timed out"):
            send_without_end(connection, 20)
        with pytest.raises(net.IllegalArgumentException):
            connection.send(b"x", -1)
        connection.abort()
        with pytest.raises(net.SocketException, match="Socket closed"):
            connection.send(b"late")
        wait_until(lambda: shouter.reasons == [net.CloseReason.BY_PROGRAM])


def test_a_reset_is_a_reason():
    shouter = Shouter()
    with net.MessageServer(0, shouter, LINES) as server:
        with polysock.create_connection(("127.0.0.1", server.getLocalPort()), timeout=WAIT_LIMIT) as client:
            client.sendall(b"x\n")
            assert client.recv_exact(2) == b"X\n"
            client.setsockopt(polysock.SOL_SOCKET, polysock.SO_LINGER, struct.pack("ii", 1, 0))
        wait_until(lambda: shouter.reasons == [net.CloseReason.FAILED])
        assert isinstance(shouter.connections[0].getException(), net.SocketException)


def test_a_callback_may_stop_its_server():
    server = net.MessageServer(0, lambda c, m: str(server.stop(1)).encode())
    with connect_and_start(server) as client:
        client.getOutputStream().write(b"x")
        assert client.getInputStream().readAllBytes() == b"0"
    server.waitFor()


def test_a_wrong_answer_names_the_callback_as_the_program_does():
    shouter = Shouter()
    shouter.onMessage = lambda connection, line: 7
    with net.MessageServer(0, shouter, LINES) as server:
        assert ask(server, b"a\n") == b""
        wait_until(lambda: shouter.errors)
    ((exception, _),) = shouter.errors
    assert str(exception) == "onMessage must return a bytes-like object or None, not int"


def test_misuse():
    with pytest.raises(net.NullPointerException):
        net.MessageServer(0, None)
    for name in ("maxConnections", "workers", "maxUnsent"):
        with pytest.raises(net.IllegalArgumentException, match=f"{name} < 1"):
            net.MessageServer(0, Shouter(), **{name: 0})
    for name in ("idleTimeout", "handlerTimeout"):
        with pytest.raises(net.IllegalArgumentException):
            net.MessageServer(0, Shouter(), **{name: -1})
    with pytest.raises(TypeError, match="onMessage must be callable"):
        net.MessageServer(0, 5)
    server = net.MessageServer(0, Shouter())
    assert repr(server) == f"<polysock.net.MessageServer [not started] port={server.getLocalPort()}, connections=0>"
    assert server.stop() == 0

"""The Java-style classes."""

import errno

import pytest
from helpers import Thread, ended_by_a_handler, refusing_address

import polysock
from polysock.net import (
    BindException,
    ConnectException,
    IOException,
    ServerSocket,
    Socket,
    SocketException,
    SocketTimeoutException,
    UnknownHostException,
)


def test_streams(ends):
    client, server = ends
    assert client.getPort() == server.getLocalPort()
    out, there = client.getOutputStream(), server.getInputStream()
    out.write(b"hello")
    out.write(0x100 + 33)
    out.flush()
    assert there.readNBytes(5) == b"hello"
    assert there.read() == 33
    room = bytearray(4)
    out.write(bytearray(b"abc"))
    assert there.read(room) == 3
    assert room == b"abc\0"
    out.write(b"rest")
    client.shutdownOutput()
    assert there.readNBytes(100) == b"rest"
    assert there.read() == there.read(room) == -1
    assert there.read(bytearray()) == 0
    server.getOutputStream().write(b"still")
    assert client.getInputStream().readNBytes(5) == b"still"


def test_close_sends_fin_first(ends):
    client, server = ends
    server.getOutputStream().write(b"unread")
    client.getOutputStream().write(b"last")
    assert client.getInputStream().read() == ord("u")
    client.close()
    assert client.isClosed()
    assert server.getInputStream().readNBytes(10) == b"last"
    client.close()


def test_closing_a_stream_closes_the_socket(ends):
    client, server = ends
    client.getOutputStream().close()
    assert client.isClosed()
    server.getInputStream().close()
    assert server.isClosed()


def test_read_timeout(ends):
    client, server = ends
    assert client.getSoTimeout() == 0
    client.setSoTimeout(20)
    assert client.getSoTimeout() == 20
    stream = client.getInputStream()
    with pytest.raises(SocketTimeoutException, match="Read timed out") as caught:
        stream.read()
    assert isinstance(caught.value, (TimeoutError, IOException))
    server.getOutputStream().write(b"ab")
    with pytest.raises(SocketTimeoutException) as caught:
        stream.readNBytes(3)
    assert caught.value.partial == b"ab"
    with pytest.raises(ValueError, match="negative"):
        client.setSoTimeout(-1)


def test_accept_timeout():
    with ServerSocket(0) as listener:
        listener.setSoTimeout(20)
        with pytest.raises(SocketTimeoutException, match="Accept timed out"):
            listener.accept()


def test_close_wakes(ends):
    client, _server = ends
    waiter = Thread(client.getInputStream().read).asleep()
    client.close()
    with pytest.raises(SocketException, match="Socket closed") as caught:
        waiter.outcome()
    assert caught.value.errno == errno.EBADF
    with ServerSocket(0) as listener:
        waiter = Thread(listener.accept).asleep()
        listener.close()
        with pytest.raises(SocketException, match="Socket closed"):
            waiter.outcome()


def test_failures():
    with ServerSocket(0) as listener:
        port = listener.getLocalPort()
        with pytest.raises(BindException) as caught:
            ServerSocket(port)
        assert caught.value.errno == errno.EADDRINUSE
    with refusing_address() as address, pytest.raises(ConnectException) as caught:
        Socket(*address)
    assert isinstance(caught.value, (ConnectionError, SocketException))
    assert caught.value.errno == errno.ECONNREFUSED
    with pytest.raises(UnknownHostException) as caught:
        Socket("256.256.256.256", 80)
    assert isinstance(caught.value, polysock.gaierror)
    for wrong in (-1, 65536):
        with pytest.raises(ValueError, match="port out of range"):
            Socket("127.0.0.1", wrong)


def test_signals(ends):
    client, _server = ends

    with ended_by_a_handler():
        client.getInputStream().read()

"""`polysock.net.Server`: the Java-style callback server."""

import contextlib
import errno
import os
import socket as standard
import threading

import pytest
from helpers import WAIT_LIMIT

from polysock import net

pytestmark = pytest.mark.usefixtures("no_server_thread_is_left")


def connect(server):
    client = net.Socket(net.InetAddress.getLoopbackAddress(), server.getLocalPort())
    client.setSoTimeout(WAIT_LIMIT * 1000)
    return client


def echo_lines(socket):
    writer = net.PrintWriter(socket.getOutputStream(), True)
    for line in net.BufferedReader(net.InputStreamReader(socket.getInputStream())):
        writer.println(line)


def ask(server, text):
    with connect(server) as client:
        net.PrintWriter(client.getOutputStream(), True).println(text)
        return net.BufferedReader(net.InputStreamReader(client.getInputStream())).readLine()


def endpoints():
    listener = net.ServerSocket()
    listener.bind(net.InetSocketAddress("127.0.0.1", 0))
    return [0, net.InetSocketAddress("127.0.0.1", 0), listener]


@pytest.mark.parametrize("which", range(3))
def test_each_connection_is_a_socket_of_javas(which):
    classes = []

    def handler(socket):
        classes.append(type(socket))
        echo_lines(socket)

    with net.Server(endpoints()[which], handler) as server:
        assert ask(server, "hello") == "hello"
    assert classes == [net.Socket]
    assert server.isClosed()
    assert server.getLocalPort() > 0


def test_the_handler_sees_its_peer_and_finds_the_socket_open():
    seen = []

    def handler(socket):
        seen.append((socket.getPort(), socket.isConnected(), socket.isClosed(), socket))

    with net.Server(0, handler) as server, connect(server) as client:
        assert client.getInputStream().read() == -1
        port = client.getLocalPort()
        assert server.stop() == 0
    ((peer, connected, closed, socket),) = seen
    assert (peer, connected, closed) == (port, True, False)
    assert socket.isClosed()


def test_fin_comes_first_where_input_is_left():
    def handler(socket):
        socket.getInputStream().read()
        socket.getOutputStream().write(b"answer")

    with net.Server(0, handler) as server, connect(server) as client:
        client.getOutputStream().write(b"more than is read")
        assert client.getInputStream().readNBytes(6) == b"answer"
        assert client.getInputStream().read() == -1


def test_what_a_handler_raises_reaches_the_hook_and_the_server_lives():
    reported = []
    hooked = threading.Event()

    def on_error(exception, address):
        reported.append((type(exception), address))
        hooked.set()

    def handler(socket):
        if socket.getInputStream().read() == ord("!"):
            raise net.ProtocolException("no")
        socket.getOutputStream().write(b"fine")

    with net.Server(0, handler, onError=on_error) as server:
        with connect(server) as bad:
            bad.getOutputStream().write(b"!")
            assert bad.getInputStream().read() == -1
        assert hooked.wait(WAIT_LIMIT)
        with connect(server) as good:
            good.getOutputStream().write(b"?")
            assert good.getInputStream().readAllBytes() == b"fine"
    assert [kind for kind, _ in reported] == [net.ProtocolException]
    assert reported[0][1] is not None


def test_a_close_that_fails_reaches_the_hook_and_the_server_lives():
    reported = []
    hooked = threading.Event()

    def on_error(exception, address):
        reported.append((exception, address))
        hooked.set()

    def handler(socket):
        if socket.getInputStream().read() == ord("!"):
            os.close(descriptor_of_connection_from(socket.getPort()))  # behind its back
        else:
            socket.getOutputStream().write(b"fine")

    with net.Server(0, handler, onError=on_error) as server:
        with connect(server) as bad:
            port = bad.getLocalPort()
            bad.getOutputStream().write(b"!")
            assert hooked.wait(WAIT_LIMIT)
            assert bad.getInputStream().read() == -1
        with connect(server) as good:
            good.getOutputStream().write(b"?")
            assert good.getInputStream().readAllBytes() == b"fine"
    ((exception, address),) = reported
    assert isinstance(exception, net.SocketException)
    assert exception.errno == errno.EBADF
    assert address[1] == port


def descriptor_of_connection_from(port):
    """The descriptor of this process's socket whose peer has this port."""
    found = []
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # the listing's own is gone, and a listener has no peer
            if os.readlink(f"/proc/self/fd/{number}").startswith("socket:"):
                with standard.socket(fileno=os.dup(int(number))) as copy:
                    if copy.getpeername()[1:2] == (port,):
                        found.append(int(number))
    (number,) = found
    return number


def test_stop_wakes_a_handler_that_reads():
    inside = threading.Event()
    ended = []

    def handler(socket):
        inside.set()
        try:
            socket.getInputStream().read()
        except net.SocketException as exception:
            ended.append(str(exception))
            raise

    server = net.Server(0, handler)
    server.start()
    with connect(server) as client:
        assert inside.wait(WAIT_LIMIT)
        assert server.getConnections() == 1
        assert server.stop(1) == 0
        assert client.getInputStream().read() == -1
    assert ended == ["Socket closed"]


def test_a_handler_may_stop_its_server():
    server = net.Server(0, lambda socket: server.stop(1))
    with connect_and_start(server) as client:
        assert client.getInputStream().read() == -1
    server.waitFor()
    with pytest.raises(net.SocketException):
        server.start()


def connect_and_start(server):
    server.start()
    return connect(server)


def test_misuse():
    with pytest.raises(net.NullPointerException):
        net.Server(0, None)
    with pytest.raises(net.IllegalArgumentException):
        net.Server(0, echo_lines, 0)
    with pytest.raises(net.IllegalArgumentException):
        net.Server(65536, echo_lines)
    with pytest.raises(TypeError):
        net.Server(0, 5)
    unbound = net.ServerSocket()
    with pytest.raises(OSError, match=r"Invalid argument"):
        net.Server(unbound, echo_lines)
    unbound.close()
    with pytest.raises(net.SocketException):
        net.Server(unbound, echo_lines)
    server = net.Server(0, echo_lines)
    with pytest.raises(net.IllegalArgumentException):
        server.stop(-1)
    assert repr(server).startswith("<polysock.net.Server [not started] port=")
    assert server.stop() == 0
    assert server.stop() == 0
    with pytest.raises(net.SocketException, match="Socket is closed"):
        server.start()

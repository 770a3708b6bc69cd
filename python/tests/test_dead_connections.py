"""A dead connection looks neither like a timeout nor like the end of the stream."""

import contextlib
import errno
import os
import socket as stock
import struct

import pytest

import polysock
from polysock import net

LATE = 20


def small_pair(module=polysock):
    """Both ends of a connection with small buffers that do not grow."""
    with module.socket() as listener:
        listener.setsockopt(module.SOL_SOCKET, module.SO_RCVBUF, 8192)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client = module.socket()
        client.setsockopt(module.SOL_SOCKET, module.SO_SNDBUF, 8192)
        client.connect(listener.getsockname())
        server, _ = listener.accept()
    return client, server


def descriptors():
    numbers = (int(name) for name in os.listdir("/proc/self/fd"))
    return {number for number in numbers if os.path.exists(f"/proc/self/fd/{number}")}


def given_up(client):
    """Makes the kernel give up the connection, since what was sent is not acknowledged in time."""
    client.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            client.send(bytes(65536))
    client.setsockopt(polysock.IPPROTO_TCP, polysock.TCP_USER_TIMEOUT, 100)
    client.settimeout(LATE)


@pytest.mark.parametrize("module", [polysock, stock], ids=["polysock", "stock"])
def test_a_connection_the_kernel_gave_up_has_a_number_and_a_time_limit_has_none(module):
    client, server = small_pair(module)
    with client, server:
        client.settimeout(0.01)
        with pytest.raises(TimeoutError) as raised:
            client.recv(1)
        assert (raised.value.errno, str(raised.value)) == (None, "timed out")
        given_up(client)
        with pytest.raises(TimeoutError) as raised:
            client.recv(1)
        assert raised.value.errno == errno.ETIMEDOUT
        assert raised.value.args == (errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))


def test_every_receive_reports_it():
    client, server = small_pair()
    with client, server:
        given_up(client)
        for receive in (
            client.recv,
            lambda n: client.recv(n, polysock.MSG_PEEK),
            lambda n: client.recv_into(bytearray(n)),
            lambda n: client.recvfrom(n),
            lambda n: client.recvmsg(n),
            client.recv_exact,
            client.makefile("rb", buffering=0).read,
            client.makefile("rb").read,
            lambda _: client.makefile("r").readline(),
        ):
            with pytest.raises(TimeoutError) as raised:
                receive(4)
            assert raised.value.errno == errno.ETIMEDOUT


def test_a_reset_that_a_send_reported_is_not_an_end():
    client, server = small_pair()
    with client:
        server.setsockopt(polysock.SOL_SOCKET, polysock.SO_LINGER, struct.pack("ii", 1, 0))
        server.close()
        with contextlib.suppress(ConnectionResetError):
            while True:
                client.send(b"x")
        with pytest.raises(ConnectionResetError):
            client.recv(1)
        with pytest.raises(ConnectionResetError):
            client.makefile("rb").read()


def test_java_style_exceptions_differ_too():
    listener = net.ServerSocket(0, 1, net.InetAddress.getByName("127.0.0.1"))
    listener.setReceiveBufferSize(8192)
    client = net.Socket()
    before = descriptors()
    client.setSendBufferSize(8192)
    (descriptor,) = descriptors() - before
    client.connect(net.InetSocketAddress("127.0.0.1", listener.getLocalPort()))
    server = listener.accept()
    try:
        client.setSoTimeout(10)
        with pytest.raises(net.SocketTimeoutException):
            client.getInputStream().read()
        client.setSoTimeout(LATE * 1000)
        # Java has no such option.
        with stock.socket(fileno=os.dup(descriptor)) as same:
            same.setsockopt(stock.IPPROTO_TCP, stock.TCP_USER_TIMEOUT, 100)
        for call in (
            lambda: client.getOutputStream().write(bytes(1 << 20)),
            client.getInputStream().read,
            client.getInputStream().read,
        ):
            with pytest.raises(net.SocketException) as raised:
                call()
            assert not isinstance(raised.value, (net.SocketTimeoutException, net.ConnectException))
            assert raised.value.errno == errno.ETIMEDOUT
            assert raised.value.getMessage() == os.strerror(errno.ETIMEDOUT)
    finally:
        for opened in (client, server, listener):
            opened.close()

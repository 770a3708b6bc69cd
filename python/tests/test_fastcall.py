"""Calls in their usual form, which take a faster way in, and in every other: the behaviour is the same."""

import _socket
import array
import inspect
import itertools
import socket as standard

import pytest
from helpers import connection, needs_ipv6

import polysock as socket
from polysock import _native

SHORT_WAYS = (
    *("recv", "recv_into", "send", "sendall", "recvfrom", "sendto", "recvmsg", "sendmsg"),
    *("fileno", "gettimeout", "close", "connect", "setsockopt"),
    *("send_frame", "recv_frame"),
)


class Whole(int):
    """A number of a subclass of int."""


class Index:
    def __index__(self):
        return 3


@pytest.mark.parametrize("name", SHORT_WAYS)
def test_signature_and_text_stay(name):
    method = getattr(socket.socket, name)
    assert type(method) is type(str.upper)
    assert method.__qualname__ == f"socket.{name}"
    assert next(iter(inspect.signature(method).parameters)) == "self"
    assert method.__doc__.endswith(".")


def test_all_numbers_are_taken():
    with connection() as (client, server):
        for size, flags in itertools.product((3, Whole(3), Index()), (None, 0, Whole(0), socket.MSG_PEEK)):
            client.sendall(b"abc")
            rest = () if flags is None else (flags,)
            assert server.recv(size, *rest) == b"abc"
            if flags:
                assert server.recv(size) == b"abc"
        client.sendall(b"a")
        assert server.recv(True) == b"a"
        assert server.recv(0) == b""


def test_all_buffers_are_taken():
    with connection() as (client, server):
        data = b"0123456789"
        many = (data, bytearray(data), memoryview(data), array.array("B", data), memoryview(bytearray(data))[::1])
        for buffer in many:
            assert client.send(buffer) == 10
            client.sendall(buffer, 0)
            assert server.recv(20, socket.MSG_WAITALL) == data * 2
        for room in (bytearray(10), memoryview(bytearray(10)), array.array("B", bytes(10))):
            client.sendall(data)
            assert server.recv_into(room) == 10
            assert bytes(room) == data
            client.sendall(data)
            assert server.recv_into(room, nbytes=10, flags=0) == 10
        for wrong in ("text", None, 3, memoryview(data)[::2]):
            with pytest.raises((TypeError, BufferError)):
                client.send(wrong)
            with pytest.raises((TypeError, BufferError)):
                server.recv_into(wrong)


def test_an_object_that_was_initialised_again():
    with connection() as (client, server):
        fd = client.detach()
        again = socket.socket()
        old = again.fileno()
        again.__init__(fileno=fd)
        socket.close(old)
        with again:
            again.sendall(b"x")
            assert server.recv(1) == b"x"
            assert again.fileno() == fd


def test_all_forms_of_init_are_taken():
    for family, kind in itertools.product((2, Whole(2), socket.AF_INET), (1, Whole(1), socket.SOCK_STREAM)):
        for arguments in ((), (family,), (family, kind), (family, kind, -1), (family, kind, 6, None)):
            with socket.socket(*arguments) as sock:
                assert (sock.family, sock.type) == (socket.AF_INET, socket.SOCK_STREAM)
                assert sock.proto == (6 if len(arguments) > 2 and arguments[2] == 6 else 0)
        with socket.socket(proto=0, type=kind, family=family) as sock:
            assert sock.type == socket.SOCK_STREAM
    for wrong in ((2.0,), ("2",), (2, None), (2, 1, 2**31), (2, 1, 0, "3"), (2, 1, 0, None, 0), (2**64,)):
        with pytest.raises((TypeError, OverflowError)) as ours:
            _native.socket(*wrong)
        with pytest.raises((TypeError, OverflowError)) as theirs:
            _socket.socket(*wrong)
        assert ours.type is theirs.type
    with pytest.raises(OSError, match="Invalid argument"):
        _native.socket(2, 77)
    for arguments, names in (((2, 1, 0, None, 0), {}), ((), {"wrong": 1})):
        texts = set()
        for module in (socket, standard):
            with pytest.raises(TypeError) as raised:
                module.socket(*arguments, **names)
            texts.add(str(raised.value))
        assert len(texts) == 1, texts


def test_without_a_descriptor():
    sock = socket.socket.__new__(socket.socket)
    for call in (lambda: sock.recv(1), lambda: sock.send(b""), lambda: sock.sendall(b""), lambda: sock.recvfrom(1)):
        with pytest.raises(OSError, match="Bad file descriptor"):
            call()
    assert sock.fileno() == -1
    _native.socket.close(sock)


@pytest.mark.parametrize("family", [socket.AF_INET, pytest.param(socket.AF_INET6, marks=needs_ipv6)])
def test_addresses_as_text(family):
    if family == socket.AF_INET:
        octets = (0, 1, 9, 10, 99, 100, 199, 200, 255)
        hosts = [f"127.{a}.{b}.1" for a, b in itertools.product(octets, octets)]
    else:
        hosts = ["::1"]
    with socket.socket(family, socket.SOCK_DGRAM) as receiver, socket.socket(family, socket.SOCK_DGRAM) as sender:
        receiver.bind((hosts[0], 0))
        receiver.settimeout(10)
        sender.bind((hosts[0], 0))
        port = receiver.getsockname()[1]
        assert sender.sendto(b"1", receiver.getsockname()) == 1
        assert sender.sendto(b"22", 0, receiver.getsockname()) == 2
        assert [receiver.recvfrom(9) for _ in "12"] == [(b"1", sender.getsockname()), (b"22", sender.getsockname())]
        for host in hosts:
            with socket.socket(family, socket.SOCK_DGRAM) as sock:
                sock.bind((host, 0))
                assert sock.getsockname()[0] == host
                sock.connect((hosts[0], port))
                assert sock.getpeername()[:2] == (hosts[0], port)

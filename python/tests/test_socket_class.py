"""The socket class: making sockets, what they show, and giving them up."""

import copy
import errno
import os
import pickle
import struct
import weakref

import pytest
from helpers import connection, raises_closed

import polysock as socket


def is_open(fd):
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def test_new_ignores_arguments_and_has_no_descriptor():
    sock = socket.socket.__new__(socket.socket, "any", thing=1)
    assert sock.fileno() == -1
    assert sock.gettimeout() is None
    with raises_closed():
        sock.recv(1)


def test_defaults():
    with socket.socket() as sock:
        assert (sock.family, sock.type, sock.proto) == (socket.AF_INET, socket.SOCK_STREAM, 0)
        assert sock.family is socket.AddressFamily.AF_INET
        assert not sock.get_inheritable()
        sock.set_inheritable(True)
        assert sock.get_inheritable()


def test_type_flags_are_not_in_type():
    with socket.socket(type=socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC) as sock:
        assert sock.type is socket.SOCK_STREAM
        assert sock.gettimeout() == 0
        assert not sock.getblocking()


def test_init_again_forgets_and_closes_nothing():
    sock = socket.socket()
    first = sock.fileno()
    sock.__init__(socket.AF_INET6)
    assert sock.fileno() != first
    assert sock.family is socket.AF_INET6
    assert is_open(first)
    second = sock.fileno()
    sock.__init__()
    assert is_open(second)
    sock.close()
    assert is_open(first)
    os.close(first)
    os.close(second)


def test_close_twice_and_with():
    with socket.socket() as sock:
        fd = sock.fileno()
    assert sock.fileno() == -1
    assert not is_open(fd)
    sock.close()
    assert sock.detach() == -1


def test_detach_and_adopt():
    with connection() as (client, server):
        fd = client.detach()
        assert client.fileno() == -1
        with socket.socket(fileno=fd) as adopted:
            assert (adopted.family, adopted.type) == (socket.AF_INET, socket.SOCK_STREAM)
            assert adopted.proto == socket.IPPROTO_TCP
            adopted.sendall(b"x")
            assert server.recv(9) == b"x"


def test_what_cannot_be_adopted_stays_open():
    read, write = os.pipe()
    with pytest.raises(OSError) as caught:
        socket.socket(fileno=read)
    assert caught.value.errno == errno.ENOTSOCK
    assert is_open(read)
    os.close(read)
    os.close(write)


def test_repr():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port, fd = sock.getsockname()[1], sock.fileno()
        assert repr(sock) == (f"<polysock.socket fd={fd}, family=2, type=1, proto=0, laddr=('127.0.0.1', {port})>")
        native = socket._native.socket.__repr__(sock)
        assert native == f"<socket object, fd={fd}, family=2, type=1, proto=0>"
    assert repr(sock) == "<polysock.socket [closed] fd=-1, family=2, type=1, proto=0>"


def test_no_pickle_no_copy():
    with socket.socket() as sock:
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError):
                pickle.dumps(sock, protocol)
        with pytest.raises(TypeError):
            copy.copy(sock)


def test_weak_reference():
    sock = socket.socket()
    reference = weakref.ref(sock)
    sock.close()
    del sock
    assert reference() is None


def test_recv_exact():
    with connection() as (client, server):
        client.sendall(b"12345")
        assert server.recv_exact(0) == b""
        assert server.recv_exact(3) == b"123"
        server.settimeout(0.01)
        with pytest.raises(TimeoutError) as caught:
            server.recv_exact(9)
        assert (caught.value.done, caught.value.partial) == (2, b"45")
        client.sendall(b"6")
        client.shutdown(socket.SHUT_WR)
        with pytest.raises(socket.TruncatedError) as caught:
            server.recv_exact(9)
        assert (caught.value.done, caught.value.missing, caught.value.partial) == (1, 8, b"6")
        with pytest.raises(EOFError) as caught:
            server.recv_exact(9)
        assert type(caught.value) is EOFError
        assert (caught.value.done, caught.value.partial) == (0, b"")


def test_linger():
    with socket.socket() as sock:
        assert sock.linger() is None
        sock.set_linger(5)
        assert sock.linger() == 5
        assert struct.unpack("ii", sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)) == (1, 5)
        sock.set_linger(0.5)
        assert sock.linger() == 1
        sock.set_linger(None)
        assert sock.linger() is None
        for wrong in (-1, float("nan")):
            with pytest.raises(ValueError):
                sock.set_linger(wrong)
        for wrong in (65_536, 70_000):
            with pytest.raises(ValueError, match="0 to 65535 seconds, or None"):
                sock.set_linger(wrong)


def test_abort_resets():
    with connection() as (client, server):
        assert client.state() == "ESTABLISHED"
        client.abort()
        assert client.fileno() == -1
        assert repr(client).startswith("<polysock.socket [closed]")
        with pytest.raises(ConnectionResetError):
            server.recv(1)


def test_close_fin_first_lets_the_peer_read_to_the_end():
    with connection() as (client, server):
        server.sendall(b"nobody reads this")
        client.sendall(b"last words")
        assert client.recv(1, socket.MSG_PEEK) == b"n"
        client.close_fin_first()
        assert server.recv_exact(10) == b"last words"
        assert server.recv(1) == b""


def test_half_close():
    with connection() as (client, server):
        client.shutdown(socket.SHUT_WR)
        assert server.recv(1) == b""
        server.sendall(b"still")
        assert client.recv_exact(5) == b"still"

"""Timeouts: how they are set, and that calls keep them."""

import errno
import fcntl
import os
import signal
import socket as standard
import struct
import threading
import time

import pytest
from helpers import MORE_THAN_BUFFERS, WAIT_LIMIT, Thread, connection, full_listener

import polysock as socket

IP_RECVERR = 11  # <linux/in.h>; Python has it from 3.14 on


@pytest.fixture
def ticking():
    """Sends a signal every 10 ms."""
    ticks = []
    before = signal.signal(signal.SIGALRM, lambda *_: ticks.append(1))
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    yield ticks
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_recv_keeps_its_deadline_under_signals(ticking):
    with connection() as (client, _server):
        client.settimeout(0.5)
        start = time.monotonic()
        with pytest.raises(TimeoutError) as caught:
            client.recv(1)
        took = time.monotonic() - start
    assert 0.5 <= took < 5
    assert len(ticking) > 1
    assert caught.value.errno is None
    assert caught.value.args == ("timed out",)


def test_sendall_keeps_one_deadline_and_counts():
    with connection() as (client, server):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        stop = threading.Event()

        def read_slowly():
            while not stop.wait(0.1):
                server.recv(1)

        reader = Thread(read_slowly)
        client.settimeout(1)
        data = bytes(MORE_THAN_BUFFERS)
        start = time.monotonic()
        with pytest.raises(TimeoutError) as caught:
            client.sendall(data)
        took = time.monotonic() - start
        stop.set()
        reader.outcome()
    assert 1 <= took < 5
    assert 0 <= caught.value.done < len(data)


def test_sendall_counts_what_went_out():
    with connection() as (client, server):
        client.settimeout(0.05)
        with pytest.raises(TimeoutError) as caught:
            client.sendall(bytes(MORE_THAN_BUFFERS))
        client.close()
        received = 0
        while piece := server.recv(1 << 20):
            received += len(piece)
        assert received == caught.value.done > 0


def test_sendall_that_sends_nothing():
    with socket.socket() as sock:
        with pytest.raises(BrokenPipeError) as caught:
            sock.sendall(b"x")
        assert caught.value.done == 0


@pytest.mark.parametrize("seconds", [5, 0.1, 0, 1e-9, 1e-12, True, 2147483])
def test_settimeout_as_the_standard_module(seconds):
    import socket as standard

    with socket.socket() as ours, standard.socket() as theirs:
        ours.settimeout(seconds)
        theirs.settimeout(seconds)
        assert ours.gettimeout() == theirs.gettimeout() == ours.timeout
        assert ours.getblocking() == theirs.getblocking()
        assert is_nonblocking(ours) == is_nonblocking(theirs)
        ours.settimeout(None)
        assert ours.gettimeout() is None
        assert not is_nonblocking(ours)


def is_nonblocking(sock):
    return bool(fcntl.fcntl(sock.fileno(), fcntl.F_GETFL) & os.O_NONBLOCK)


def test_timeout_of_zero_does_not_wait():
    with connection() as (client, _server), socket.socket() as other:
        client.setblocking(False)
        with pytest.raises(BlockingIOError) as caught:
            client.recv(1)
        assert caught.value.errno == errno.EAGAIN
        with pytest.raises(BlockingIOError) as caught:
            client.sendall(bytes(MORE_THAN_BUFFERS))
        assert 0 < caught.value.done < MORE_THAN_BUFFERS
        other.setblocking(False)
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(BlockingIOError):
            other.accept()


def test_accept_times_out():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        start = time.monotonic()
        with pytest.raises(TimeoutError):
            listener.accept()
        assert time.monotonic() - start >= 0.05


def test_connect_times_out():
    with full_listener() as listener, socket.socket() as sock:
        sock.settimeout(0.1)
        start = time.monotonic()
        with pytest.raises(TimeoutError):
            sock.connect(listener.getsockname())
        assert time.monotonic() - start >= 0.1
        assert sock.connect_ex(listener.getsockname()) == errno.EAGAIN
        sock.setblocking(False)
        assert sock.connect_ex(listener.getsockname()) == errno.EALREADY


def test_create_connection_has_one_deadline_for_all_addresses(monkeypatch):
    with full_listener() as listener:
        address = listener.getsockname()
        answer = (socket.AF_INET, socket.SOCK_STREAM, 0, "", address)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [answer] * 50)
        start = time.monotonic()
        with pytest.raises(TimeoutError):
            socket.create_connection(address, timeout=0.3)
        assert 0.3 <= time.monotonic() - start < 5


def test_default_timeout_is_the_standard_modules():
    import socket as standard

    assert socket.getdefaulttimeout() is None
    standard.setdefaulttimeout(3)
    try:
        assert socket.getdefaulttimeout() == 3
        with socket.create_server(("127.0.0.1", 0)) as listener:
            assert listener.gettimeout() == 3
            with socket.create_connection(listener.getsockname()) as client:
                server, _ = listener.accept()
                with server:
                    assert (client.gettimeout(), server.gettimeout()) == (3, 3)
                    assert is_nonblocking(server)
        with socket.socket(type=socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as sock:
            assert sock.gettimeout() == 0
    finally:
        socket.setdefaulttimeout(None)
    assert standard.getdefaulttimeout() is None


def test_accepted_sockets_have_no_timeout():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        with socket.create_connection(listener.getsockname()):
            server, _ = listener.accept()
            with server:
                assert server.gettimeout() is None
                assert not is_nonblocking(server)


def test_a_timeout_of_zero_never_waits():
    """Also if the descriptor was made blocking by fcntl, where CPython's receive waits."""
    one, two = socket.socketpair()
    with one, two:
        one.setblocking(False)
        os.set_blocking(one.fileno(), True)
        with pytest.raises(BlockingIOError):
            one.recv(1)
        with one.makefile("rb", 0) as file:
            assert file.read(1) is None
        two.send(b"x")
        assert one.recv(1) == b"x"


def test_a_limit_that_the_program_set_in_the_kernel():
    """SO_RCVTIMEO ends a call as in CPython, on shared sockets and listeners too."""
    limit = struct.pack("ll", 0, 20_000)
    one, two = socket.socketpair()
    with one, two, one.dup() as shared, socket.create_server(("127.0.0.1", 0)) as listener:
        for sock in one, listener:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        for call in lambda: one.recv(1), lambda: shared.recv_into(bytearray(1)), listener.accept:
            with pytest.raises(BlockingIOError) as caught:
                call()
            assert caught.value.errno == errno.EAGAIN


def test_a_descriptor_that_came_non_blocking_does_not_wait():
    """Without a timeout, the mode of the descriptor applies, as in CPython."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        with socket.fromfd(listener.fileno(), socket.AF_INET, socket.SOCK_STREAM) as copy:
            assert copy.gettimeout() is copy.timeout is None
            assert copy.getblocking()
            with pytest.raises(BlockingIOError):
                copy.accept()
    one, two = socket.socketpair()
    with one, two:
        os.set_blocking(one.fileno(), False)
        with socket.socket(fileno=os.dup(one.fileno())) as copy:
            for receive in copy.recv, copy.recvfrom, copy.recvmsg, copy.recv_exact:
                with pytest.raises(BlockingIOError):
                    receive(1)
            copy.settimeout(0.01)
            assert copy.gettimeout() == 0.01
            with pytest.raises(TimeoutError):
                copy.recv(1)
            copy.setblocking(True)
            assert os.get_blocking(one.fileno())
            two.send(b"x")
            assert copy.recv(1) == b"x"


@pytest.mark.parametrize("module", [socket, standard])
def test_a_timeout_is_kept_despite_dontwait(module):
    first, second = module.socketpair()
    with first, second:
        asks = [
            lambda: first.recv(1, module.MSG_DONTWAIT),
            lambda: first.recv_into(bytearray(1), 1, module.MSG_DONTWAIT),
            lambda: first.recvfrom(1, module.MSG_DONTWAIT),
            lambda: first.recvmsg(1, 0, module.MSG_DONTWAIT),
        ]
        for ask in asks:
            first.settimeout(0.05)
            with pytest.raises(TimeoutError):
                ask()
            first.settimeout(None)
            with pytest.raises(BlockingIOError):
                ask()
        first.settimeout(0.05)
        with pytest.raises(TimeoutError):
            first.sendall(bytes(MORE_THAN_BUFFERS), module.MSG_DONTWAIT)


def test_a_report_of_an_error_is_waited_for():
    with socket.socket(type=socket.SOCK_DGRAM) as reporter, socket.socket(type=socket.SOCK_DGRAM) as deaf:
        with socket.socket(type=socket.SOCK_DGRAM) as peer:
            peer.bind(("127.0.0.1", 0))
            deaf.bind(("127.0.0.1", 0))
            deaf.connect(peer.getsockname())
        reporter.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        reporter.settimeout(WAIT_LIMIT)
        waiting = Thread(reporter.recvmsg, 16, 256, socket.MSG_ERRQUEUE).asleep()
        reporter.sendto(b"refused", deaf.getsockname())
        data, ancillary, flags, address = waiting.outcome()
        assert (data, address) == (b"refused", deaf.getsockname())
        assert flags & socket.MSG_ERRQUEUE
        ((level, kind, report),) = ancillary
        assert (level, kind) == (socket.IPPROTO_IP, IP_RECVERR)
        assert struct.unpack_from("=I", report) == (errno.ECONNREFUSED,)

"""Signals during every call that can wait."""

import contextlib
import io
import signal
import tempfile
import threading

import pytest
from helpers import (
    MORE_THAN_BUFFERS,
    connection,
    ended_by_a_handler,
    full_listener,
    interrupt,
    on_signal,
    raises_closed,
    send_more_than_buffers,
    when_main_sleeps,
)

import polysock as socket


@contextlib.contextmanager
def waiting_recv(call):
    with connection() as (client, server):
        yield client, lambda: call(client), lambda: server.sendall(b"12345")


@contextlib.contextmanager
def waiting_send(call):
    with connection() as (client, server):

        def drain():
            server.recv_exact(MORE_THAN_BUFFERS)

        yield client, lambda: call(client), drain


@contextlib.contextmanager
def waiting_accept():
    with contextlib.ExitStack() as stack, socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()

        def accept():
            stack.enter_context(listener.accept()[0])

        yield listener, accept, lambda: stack.enter_context(socket.create_connection(address))


@contextlib.contextmanager
def waiting_connect():
    with full_listener() as listener, socket.socket() as sock:
        address = listener.getsockname()

        def make_room():
            for _ in range(2):
                listener.accept()[0].close()

        yield sock, lambda: sock.connect(address), make_room


def send_messages(sock):
    left = MORE_THAN_BUFFERS
    while left:
        left -= sock.sendmsg([bytes(min(left, 65536))])


def send_file(sock):
    with tempfile.TemporaryFile() as file:
        file.truncate(MORE_THAN_BUFFERS)
        sock.sendfile(file)


CALLS = {
    "recv": lambda: waiting_recv(lambda s: s.recv(5)),
    "recv with timeout": lambda: waiting_recv(lambda s: (s.settimeout(30), s.recv(5))),
    "recv large": lambda: waiting_recv(lambda s: s.recv(100_000)),
    "recv_into": lambda: waiting_recv(lambda s: s.recv_into(bytearray(5))),
    "recv_exact": lambda: waiting_recv(lambda s: s.recv_exact(5)),
    "recvfrom": lambda: waiting_recv(lambda s: s.recvfrom(5)),
    "recvfrom_into": lambda: waiting_recv(lambda s: s.recvfrom_into(bytearray(5))),
    "recvmsg": lambda: waiting_recv(lambda s: s.recvmsg(5, 100)),
    "recvmsg_into": lambda: waiting_recv(lambda s: s.recvmsg_into([bytearray(2), bytearray(3)])),
    "send": lambda: waiting_send(send_more_than_buffers),
    "send with timeout": lambda: waiting_send(lambda s: (s.settimeout(30), send_more_than_buffers(s))),
    "sendall": lambda: waiting_send(lambda s: s.sendall(bytes(MORE_THAN_BUFFERS))),
    "sendmsg": lambda: waiting_send(send_messages),
    "sendfile": lambda: waiting_send(send_file),
    "accept": waiting_accept,
    "connect": waiting_connect,
}
every_call = pytest.mark.parametrize("name", CALLS)


@every_call
def test_exception_of_the_handler_ends_the_call(name):
    with CALLS[name]() as (_sock, call, _finish), ended_by_a_handler():
        call()


@every_call
def test_call_goes_on_after_the_handler(name):
    ran = []
    with CALLS[name]() as (_sock, call, finish), on_signal(lambda: ran.append(1)):
        helper = when_main_sleeps(interrupt, finish)
        call()
        helper.outcome()
    assert ran == [1]


@every_call
def test_handler_may_close_the_socket(name):
    with CALLS[name]() as (sock, call, _finish), on_signal(lambda: sock.close()):
        helper = when_main_sleeps(interrupt)
        with raises_closed():
            call()
        helper.outcome()


def test_the_file_is_behind_what_went_out_when_the_handler_fails():
    with connection() as (client, server), tempfile.TemporaryFile() as file:
        file.truncate(MORE_THAN_BUFFERS)
        with ended_by_a_handler():
            client.sendfile(file)
        sent = file.tell()
        client.close()
        with server.makefile("rb") as received:
            assert len(received.read()) == sent > 0


def send_file_object(sock):
    sock.sendfile(io.BytesIO(bytes(MORE_THAN_BUFFERS)))


SENDS = {
    "send": lambda s: s.send(bytes(MORE_THAN_BUFFERS)),
    "sendall": lambda s: s.sendall(bytes(MORE_THAN_BUFFERS)),
    "sendmsg": lambda s: s.sendmsg([bytes(MORE_THAN_BUFFERS)]),
    "sendto": lambda s: s.sendto(bytes(MORE_THAN_BUFFERS), ("127.0.0.1", 9)),
    "sendfile": send_file,
    "sendfile of an object": send_file_object,
}


@pytest.mark.parametrize("name", SENDS)
def test_the_handlers_exception_has_the_bytes_sent(name):
    with connection() as (client, server):
        with ended_by_a_handler() as caught:
            SENDS[name](client)
        client.close()
        with server.makefile("rb") as received:
            assert len(received.read()) == caught.value.done > 0


FILLS = {
    "recv": lambda s: s.recv(8, socket.MSG_WAITALL),
    "recv large": lambda s: s.recv(100_000, socket.MSG_WAITALL),
    "recvfrom": lambda s: s.recvfrom(8, socket.MSG_WAITALL),
    "recvmsg": lambda s: s.recvmsg(8, 0, socket.MSG_WAITALL),
    "recv_exact": lambda s: s.recv_exact(8),
    "recv_into": lambda s: s.recv_into(bytearray(8), 8, socket.MSG_WAITALL),
    "recvfrom_into": lambda s: s.recvfrom_into(bytearray(8), 8, socket.MSG_WAITALL),
    "recvmsg_into": lambda s: s.recvmsg_into([bytearray(3), bytearray(5)], 0, socket.MSG_WAITALL),
}


@pytest.mark.parametrize("name", FILLS)
def test_the_handlers_exception_has_the_bytes_received(name):
    with connection() as (client, server):
        server.sendall(b"part")
        with ended_by_a_handler() as caught:
            FILLS[name](client)
        assert caught.value.done == 4
        assert getattr(caught.value, "partial", b"part") == b"part"
        assert hasattr(caught.value, "partial") != name.endswith("_into")


def test_the_handlers_exception_when_nothing_arrived():
    with connection() as (client, _server):
        for call in (client.recv, client.recv_exact):
            with ended_by_a_handler() as caught:
                call(8)
            assert caught.value.done == 0


def test_handler_may_use_the_socket():
    with connection() as (client, server):
        seen = []

        def handler():
            client.sendall(b"from the handler")
            seen.append(server.recv_exact(16))
            server.sendall(b"first, second")
            seen.append(client.recv_exact(5))

        with on_signal(handler):
            helper = when_main_sleeps(interrupt)
            assert client.recv(100) == b", second"
            helper.outcome()
        assert seen == [b"from the handler", b"first"]


def test_connect_ex_raises_what_the_handler_raises():
    with full_listener() as listener, socket.socket() as sock, ended_by_a_handler():
        sock.connect_ex(listener.getsockname())


def test_a_signal_while_data_move_is_not_kept_waiting():
    """When part of the data has arrived, a signal does not interrupt the system call; the handler must run anyway."""
    with connection() as (client, server):
        server.sendall(b"part")
        before = signal.signal(signal.SIGALRM, lambda *_: server.sendall(b"rest"))
        too_late = threading.Timer(10, server.shutdown, [socket.SHUT_WR])
        too_late.start()
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            assert client.recv(8, socket.MSG_WAITALL) == b"partrest"
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            too_late.cancel()
            too_late.join()

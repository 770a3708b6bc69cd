"""Sockets with several holders: a close, even while a call waits, must not end the connection for the others."""

import contextlib
import os
import subprocess
from pathlib import Path

import pytest
from helpers import Thread, connection, raises_closed

import polysock as socket

# The system call in which a receive sleeps that waits in the kernel.
IN_RECVFROM = {"x86_64": "45", "aarch64": "207"}[os.uname().machine]


def waits_in_the_kernel(thread):
    thread.asleep()
    call, *_ = Path(f"/proc/self/task/{thread.native_id}/syscall").read_text().split()
    return call == IN_RECVFROM


def fromfd(sock):
    return socket.fromfd(sock.fileno(), sock.family, sock.type)


def system_copy(sock):
    return socket.socket(fileno=os.dup(sock.fileno()))


def sent_in_a_message(sock):
    one, other = socket.socketpair()
    with one, other:
        socket.send_fds(one, [b"x"], [sock.fileno()])
        return socket.socket(fileno=socket.recv_fds(other, 1, 1)[1][0])


COPIES = [socket.socket.dup, fromfd, system_copy, sent_in_a_message]


def test_copies_made_while_a_call_waits_survive_the_close():
    with contextlib.ExitStack() as stack:
        closing = []
        for copy in COPIES:
            client, server = stack.enter_context(connection())
            waiter = Thread(client.recv, 1)
            assert waits_in_the_kernel(waiter)
            twin = stack.enter_context(copy(client))
            # Waking the call would harm the twin, so close waits for it, but not forever.
            closing.append((Thread(client.close), waiter, twin, server))
        for closer, waiter, twin, server in closing:
            closer.outcome()
            twin.sendall(b"unharmed")
            assert server.recv_exact(8) == b"unharmed"
            server.sendall(b"x")
            assert waiter.outcome() == b"x"
            server.sendall(b"y")
            assert twin.recv(1) == b"y"


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_is_closed_while_a_call_waits_on_it(copy):
    with connection() as (client, server), copy(client) as twin:
        waiter = Thread(twin.recv, 1)
        assert not waits_in_the_kernel(waiter)  # its descriptor came as a number, so there may be other holders
        twin.close()
        with raises_closed():
            waiter.outcome()
        client.sendall(b"unharmed")
        assert server.recv_exact(8) == b"unharmed"


def test_after_dup_every_call_is_woken():
    with connection() as (client, server), client.dup() as twin:
        waiter = Thread(client.recv, 1)
        assert not waits_in_the_kernel(waiter)
        client.close()
        with raises_closed():
            waiter.outcome()
        twin.sendall(b"unharmed")
        assert server.recv_exact(8) == b"unharmed"


def test_a_program_that_was_given_the_descriptor_keeps_the_connection():
    with connection() as (client, server):
        waiter = Thread(client.recv, 1)
        assert waits_in_the_kernel(waiter)
        with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=client) as program:
            client.close()
            program.communicate(b"unharmed", timeout=10)
        assert server.recv_exact(8) == b"unharmed"
        server.sendall(b"x")
        assert waiter.outcome() == b"x"


@pytest.mark.parametrize("end", [0, 1])
def test_a_pair_is_ours_alone(end):
    pair = socket.socketpair()
    with pair[0], pair[1]:
        waiter = Thread(pair[end].recv, 1)
        assert waits_in_the_kernel(waiter)
        pair[end].close()
        with raises_closed():
            waiter.outcome()


def test_a_detached_descriptor_keeps_its_connection():
    with connection() as (client, server):
        twin = client.dup()
        fd = client.detach()
        twin.close()
        assert os.write(fd, b"x") == 1
        assert server.recv(1) == b"x"
        os.close(fd)

"""Sockets across a fork."""

import os
import traceback
import warnings

import pytest
from helpers import Thread, connection, end_by_itself

import polysock as socket

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # threads and fork: that is the subject


def in_child(action):
    """Runs an action in a forked child and returns its exit status."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        end_by_itself()
        try:
            action()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_child_uses_the_connection():
    with connection() as (client, server):
        assert in_child(lambda: client.sendall(b"from the child")) == 0
        assert server.recv_exact(14) == b"from the child"


def test_close_in_the_child_leaves_the_parent_alone():
    with connection() as (client, server):
        waiter = Thread(client.recv, 1).asleep()
        assert in_child(client.close) == 0
        assert client.fileno() >= 0
        server.sendall(b"x")
        assert waiter.outcome() == b"x"


def test_listener_of_the_child():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        waiter = Thread(listener.accept).asleep()
        assert in_child(listener.close) == 0
        with socket.create_connection(listener.getsockname()) as client:
            server, address = waiter.outcome()
            server.close()
            assert address == client.getsockname()


def test_child_may_wait_where_a_thread_of_the_parent_waits():
    with connection() as (client, server):
        waiter = Thread(server.recv_exact, 2).asleep()

        def child():
            client.settimeout(0.05)
            with pytest.raises(TimeoutError):
                client.recv(1)
            client.sendall(b"ok")
            client.close()
            server.close()

        assert in_child(child) == 0
        assert waiter.outcome() == b"ok"

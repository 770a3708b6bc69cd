"""close ends calls that wait in other threads."""

import errno
import time

import pytest
from helpers import Thread, connection, raises_closed
from test_signals import CALLS

# close itself stops waiting for calls after one second.
SOON = 0.5


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("how", ["close", "close_fin_first", "abort"])
def test_close_wakes(name, how):
    took = []
    for _ in range(5):  # a busy machine may be late once
        with CALLS[name]() as (sock, call, _finish):
            waiter = Thread(call).asleep()
            start = time.monotonic()
            getattr(sock, how)()
            with raises_closed():
                waiter.outcome()
            took.append(waiter.ended - start)
        if took[-1] < SOON:
            return
    raise AssertionError(took)


def test_detach_with_a_call_inside_is_refused():
    with connection() as (client, server):
        waiter = Thread(client.recv, 1).asleep()
        with pytest.raises(OSError) as caught:
            client.detach()
        assert caught.value.errno == errno.EBUSY
        server.sendall(b"x")
        assert waiter.outcome() == b"x"

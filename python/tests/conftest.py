"""What holds for every test: a deadline, and no descriptor left behind."""

import faulthandler
import gc
import os

import pytest

DEADLINE = 60


def descriptors():
    """The open descriptors by number, but those that the library wakes its waiting threads by."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:
            continue  # the listing's own
        if "eventfd" not in target:
            found[name] = target
    return found


@pytest.fixture(autouse=True)
def deadline_and_descriptors():
    faulthandler.dump_traceback_later(DEADLINE, exit=True)
    gc.collect()
    before = descriptors()
    yield
    gc.collect()
    after = descriptors()
    faulthandler.cancel_dump_traceback_later()
    assert after == before


@pytest.fixture
def ends():
    """Both ends of a connection of polysock.net: the client's and the server's."""
    from polysock.net import ServerSocket, Socket

    with ServerSocket(0) as listener:
        client = Socket("127.0.0.1", listener.getLocalPort())
        server = listener.accept()
    with client, server:
        yield client, server


@pytest.fixture
def pipe(ends):
    """Where to write, and where that is read."""
    return ends[0].getOutputStream(), ends[1].getInputStream()


@pytest.fixture
def no_server_thread_is_left():
    from server_helpers import server_threads, until

    yield
    until(lambda: not server_threads())

"""Every test has a time limit and must leave no descriptor behind."""

import faulthandler
import gc
import os

import pytest
from helpers import TEST_TIMEOUT, WAIT_LIMIT, note_skipped, wait_until

STANDARD_ERROR = pytest.StashKey()
# No name server is asked for longer than this: no test is about a name server that does not answer.
os.environ["RES_OPTIONS"] = "timeout:1 attempts:1"


def pytest_configure(config):
    """Keeps standard error from before pytest captures it, for the traceback of a test that takes too long."""
    config.stash[STANDARD_ERROR] = os.dup(2)


def pytest_unconfigure(config):
    os.close(config.stash[STANDARD_ERROR])


def pytest_runtest_logreport(report):
    if report.skipped and not hasattr(report, "wasxfail"):
        _file, _line, reason = report.longrepr
        note_skipped(report.nodeid.rpartition("/")[2], reason.removeprefix("Skipped: "))


def descriptors():
    """The open descriptors by number, except those by which the library wakes its waiting threads."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:
            continue  # that of the listing itself
        if "eventfd" not in target:
            found[name] = target
    return found


@pytest.fixture(autouse=True)
def deadline_and_descriptors(request):
    marked = request.node.get_closest_marker("deadline")
    seconds = marked.args[0] if marked else TEST_TIMEOUT
    faulthandler.dump_traceback_later(seconds, exit=True, file=request.config.stash[STANDARD_ERROR])
    gc.collect()
    gc.freeze()  # so that collecting after the test does not search what is older than the test
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
    """A stream to write to, and the stream that reads it."""
    return ends[0].getOutputStream(), ends[1].getInputStream()


@pytest.fixture
def no_server_thread_is_left():
    from server_helpers import server_threads

    yield
    wait_until(lambda: not server_threads())


@pytest.fixture
def pair():
    """Two Unix stream sockets that are connected to each other."""
    import polysock

    one, two = polysock.socketpair()
    with one, two:
        one.settimeout(WAIT_LIMIT)
        two.settimeout(WAIT_LIMIT)
        yield one, two

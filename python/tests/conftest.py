"""What holds for every test: a deadline, and no descriptor left behind."""

import faulthandler
import gc
import os

import pytest
from helpers import DEADLINE, note_skipped, until

STANDARD_ERROR = pytest.StashKey()
# A resolver asks nobody beyond this machine for longer than this; a server that does not answer is no test's subject.
os.environ["RES_OPTIONS"] = "timeout:1 attempts:1"


def pytest_configure(config):
    """Keeps standard error as it is before it is captured: what the deadline has to say must be seen."""
    config.stash[STANDARD_ERROR] = os.dup(2)


def pytest_unconfigure(config):
    os.close(config.stash[STANDARD_ERROR])


def pytest_runtest_logreport(report):
    if report.skipped and not hasattr(report, "wasxfail"):
        _file, _line, reason = report.longrepr
        note_skipped(report.nodeid.rpartition("/")[2], reason.removeprefix("Skipped: "))


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
def deadline_and_descriptors(request):
    marked = request.node.get_closest_marker("deadline")
    seconds = marked.args[0] if marked else DEADLINE
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
    """Where to write, and where that is read."""
    return ends[0].getOutputStream(), ends[1].getInputStream()


@pytest.fixture
def no_server_thread_is_left():
    from server_helpers import server_threads

    yield
    until(lambda: not server_threads())

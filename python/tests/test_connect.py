"""create_connection: the addresses of a host race each other, under one time limit."""

import errno
import subprocess
import sys
import time

import pytest

import polysock

LOOPBACK = "127.0.0.1"
LATE = 20


def listener(backlog=16):
    made = polysock.socket()
    made.bind((LOOPBACK, 0))
    made.listen(backlog)
    return made


@pytest.fixture
def silent():
    """Addresses that never answer: listeners whose queue is full."""
    keep = []

    def make():
        full = listener(0)
        queued = polysock.socket()
        queued.settimeout(LATE)
        queued.connect(full.getsockname())
        keep.extend((full, queued))
        return full.getsockname()

    yield make
    for sock in keep:
        sock.close()


@pytest.fixture
def good():
    with listener() as made:
        yield made.getsockname()


@pytest.fixture
def refusing():
    with polysock.socket() as bound:
        bound.bind((LOOPBACK, 0))
        yield bound.getsockname()


@pytest.fixture
def host(monkeypatch):
    """Makes a host name resolve to the given addresses."""

    def named(*addresses):
        found = [(polysock.AF_INET, polysock.SOCK_STREAM, 6, "", address) for address in addresses]
        monkeypatch.setattr(polysock, "getaddrinfo", lambda *_args, **_kwargs: found)
        return "several.invalid", 80

    return named


def test_a_silent_address_does_not_keep_the_others_from_connecting(host, silent, good):
    with polysock.create_connection(host(silent(), good), timeout=LATE) as sock:
        assert sock.getpeername() == good
        assert sock.gettimeout() == LATE


def test_a_getaddrinfo_of_the_program_may_return_any_iterable(monkeypatch, good):
    found = (polysock.AF_INET, polysock.SOCK_STREAM, 6, "", good)
    for addresses in ([found], [found, found]):
        monkeypatch.setattr(polysock, "getaddrinfo", lambda *_args, found=addresses: iter(found))
        with polysock.create_connection(("several.invalid", 80), timeout=LATE) as sock:
            assert sock.getpeername() == good


@pytest.mark.parametrize("delay", [0.01, 0.25, None])
def test_within_its_time_limit(host, silent, good, delay):
    with polysock.create_connection(host(silent(), silent(), good), timeout=2, happy_eyeballs_delay=delay) as sock:
        assert sock.getpeername() == good


def test_without_a_time_limit(host, silent, good):
    with polysock.create_connection(host(silent(), good), timeout=None) as sock:
        assert sock.getpeername() == good
        assert sock.gettimeout() is None
        assert sock.getblocking()


def test_the_time_limit_covers_all(host, silent):
    began = time.monotonic()
    with pytest.raises(TimeoutError) as raised:
        polysock.create_connection(host(silent(), silent(), silent()), timeout=0.2)
    assert time.monotonic() - began >= 0.2
    assert raised.value.args == ("timed out",)
    assert raised.value.errno is None


def test_the_default_timeout_counts(host, silent):
    before = polysock.getdefaulttimeout()
    polysock.setdefaulttimeout(0.1)
    try:
        with pytest.raises(TimeoutError):
            polysock.create_connection(host(silent(), silent()))
    finally:
        polysock.setdefaulttimeout(before)


def test_errors_are_in_the_order_of_the_addresses(host, silent, refusing):
    with pytest.raises(ExceptionGroup) as raised:
        polysock.create_connection(host(silent(), refusing, silent()), timeout=0.2, all_errors=True)
    assert [type(exc) for exc in raised.value.exceptions] == [TimeoutError, ConnectionRefusedError, TimeoutError]
    # Without all_errors, the error of the last address is raised.
    with pytest.raises(ConnectionRefusedError) as raised:
        polysock.create_connection(host(silent(), refusing), timeout=0.2)
    assert raised.value.errno == errno.ECONNREFUSED


def test_with_a_local_port_one_address_is_tried_at_a_time(host, silent, good, refusing):
    with polysock.socket() as free:
        free.bind((LOOPBACK, 0))
        source = free.getsockname()
    with polysock.create_connection(host(silent(), good), timeout=1, source_address=source) as sock:
        assert sock.getpeername() == good
        assert sock.getsockname() == source


def test_a_class_that_overrides_connect_makes_the_connection(host, silent, good, monkeypatch):
    asked = []

    class Proxied(polysock.socket):
        def connect(self, address):
            asked.append(address)
            super().connect(address)

    address = silent()
    monkeypatch.setattr(polysock, "socket", Proxied)
    with polysock.create_connection(host(address, good), timeout=1) as sock:
        assert isinstance(sock, Proxied)
        assert sock.gettimeout() == 1
    assert asked == [address, good]


def test_a_subclass_races_too(host, silent, good, monkeypatch):
    class Named(polysock.socket):
        pass

    monkeypatch.setattr(polysock, "socket", Named)
    with polysock.create_connection(host(silent(), good), timeout=LATE) as sock:
        assert isinstance(sock, Named)


def test_where_descriptors_are_few_every_address_is_still_tried(host, silent, good, refusing, monkeypatch):
    class Scarce(polysock.socket):
        made = 0

        def __init__(self, *arguments, **named):
            if Scarce.made:
                raise OSError(errno.EMFILE, "Too many open files")
            super().__init__(*arguments, **named)
            Scarce.made += 1

        def close(self):
            Scarce.made -= self.fileno() >= 0
            super().close()

    lists = [[silent(), good], [refusing, silent(), refusing, good]]
    monkeypatch.setattr(polysock, "socket", Scarce)
    for addresses in lists:
        host(*addresses)
        with polysock.create_connection(("some.host", 1), timeout=1) as connected:
            assert connected.getpeername() == good
    # What is left when there is not even one descriptor.
    Scarce.made = 1
    with pytest.raises(OSError, match="Too many open files"):
        polysock.create_connection(("some.host", 1), timeout=LATE)


def test_what_is_no_error_of_the_system_ends_it(host, good, monkeypatch):
    class Broken(polysock.socket):
        def settimeout(self, _value):
            raise RuntimeError("broken")

    monkeypatch.setattr(polysock, "socket", Broken)
    with pytest.raises(RuntimeError, match="broken"):
        polysock.create_connection(host(good, good), timeout=1)


def test_a_call_that_may_not_wait_is_in_progress(host, silent):
    with pytest.raises(BlockingIOError):
        polysock.create_connection(host(silent(), silent()), timeout=0)


def test_a_wrong_delay_is_refused(host, good):
    for wrong, raised in ((-1, ValueError), ("x", TypeError)):
        with pytest.raises(raised):
            polysock.create_connection(host(good, good), timeout=1, happy_eyeballs_delay=wrong)


AUDITED = """
import sys, polysock
seen = []
bound, listener = polysock.socket(), polysock.socket()
for sock in (bound, listener):
    sock.bind(("127.0.0.1", 0))
listener.listen()
addresses = [bound.getsockname(), listener.getsockname()]
polysock.getaddrinfo = lambda *_, **__: [(2, 1, 6, "", address) for address in addresses]
def hook(event, args):
    if event.startswith("socket."):
        seen.append((event, args[1]))
sys.addaudithook(hook)
with polysock.create_connection(("name", 1), timeout=10) as sock:
    made = [event for event, _ in seen].count("socket.__new__")
    asked = [address for event, address in seen if event == "socket.connect"]
    assert (made, asked) == (2, addresses), seen
def forbid(event, args):
    if event == "socket.connect":
        raise PermissionError("forbidden") if args[1] == addresses[0] else RuntimeError("not that one")
sys.addaudithook(forbid)
try:
    polysock.create_connection(("name", 1), timeout=10)
except RuntimeError as exc:
    assert str(exc) == "not that one"
else:
    raise AssertionError("a hook was passed over")
"""


def test_audit_hooks_see_each_address():
    subprocess.run([sys.executable, "-W", "error", "-c", AUDITED], check=True, timeout=60)


def test_a_signal_handler_ends_it_and_nothing_stays_open(host, silent):
    code = f"""
import signal, polysock, os
addresses = {[silent(), silent(), silent()]!r}
polysock.getaddrinfo = lambda *_, **__: [(2, 1, 6, "", address) for address in addresses]
def handler(*_):
    raise KeyError("from the handler")
signal.signal(signal.SIGALRM, handler)
before = len(os.listdir("/proc/self/fd"))
signal.setitimer(signal.ITIMER_REAL, 0.2)
try:
    polysock.create_connection(("name", 1), timeout=30, happy_eyeballs_delay=0.01)
except KeyError:
    pass
assert len(os.listdir("/proc/self/fd")) == before
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)

"""Connections to test with, and threads that are known to sleep."""

import contextlib
import os
import shutil
import signal
import socket as standard
import struct
import threading
import time
from pathlib import Path

import pytest

import polysock

# What a thread waits in on a socket of ours: ppoll, recvfrom, sendto, recvmsg, sendmsg, accept, accept4, connect, and
# close with linger.
WAITING = {
    "x86_64": {"271", "45", "44", "47", "46", "43", "288", "42", "3"},
    "aarch64": {"73", "207", "206", "212", "211", "202", "242", "203", "57"},
}
PATIENCE = 10
# What a test may take; a program that it starts ends before, so that it does not stay behind.
DEADLINE = 60
PROGRAM = DEADLINE - 10
# More than all buffers of a connection hold.
MUCH = 32 << 20


def ipv6_is_there():
    with contextlib.suppress(OSError), polysock.socket(polysock.AF_INET6) as sock:
        sock.bind(("::1", 0))
        return True
    return False


needs_ipv6 = pytest.mark.skipif(not ipv6_is_there(), reason="needs IPv6: ::1 can't be bound")


def is_known(look_up, *name):
    """Whether a name is in the tables of this machine: small ones have none."""
    with contextlib.suppress(OSError):
        look_up(*name)
        return True
    return False


def own_name_is_known():
    return is_known(standard.gethostbyname, standard.gethostname())


COMPILER = os.environ.get("CC", "cc").split()
needs_compiler = pytest.mark.skipif(shutil.which(COMPILER[0]) is None, reason=f"needs a C compiler ({COMPILER[0]})")
LOCALHOST = "the name localhost (/etc/hosts)"
localhost_is_known = is_known(standard.gethostbyname, "localhost")
needs_localhost = pytest.mark.skipif(not localhost_is_known, reason=f"needs {LOCALHOST}")
needs_services = pytest.mark.skipif(
    not is_known(standard.getservbyname, "http"), reason="needs netbase (/etc/services)"
)


def note_skipped(what, reason):
    """Notes what this machine can't test in the list that `make test` ends with (tools/skipped.sh)."""
    if path := os.environ.get("POLYSOCK_SKIPPED"):
        with open(path, "a", encoding="utf-8") as notes:
            notes.write(f"Python: {what}\t{reason.removeprefix('needs ')}\n")


@contextlib.contextmanager
def connection(module=polysock):
    """Both ends of a TCP connection."""
    with module.create_server(("127.0.0.1", 0)) as listener:
        client = module.create_connection(listener.getsockname())
        server, _ = listener.accept()
    with client, server:
        yield client, server


@contextlib.contextmanager
def full_listener(module=polysock):
    """A listener that lets further connects wait: the one connection that its queue holds is there."""
    with module.socket() as listener, polysock.socket() as filler:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        filler.connect(listener.getsockname())
        until(lambda: waiting_connections(listener) == 1)
        yield listener


def waiting_connections(listener):
    """How many connections a listener has to accept: its tcpi_unacked, see tcp_get_info() in Linux."""
    info = listener.getsockopt(polysock.IPPROTO_TCP, polysock.TCP_INFO, 256)
    return struct.unpack_from("I", info, 24)[0]


@contextlib.contextmanager
def refusing_address():
    """An address that refuses connections, and that nobody takes meanwhile."""
    with polysock.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        yield deaf.getsockname()


def until(condition):
    """Returns once it is so."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "never so"
        time.sleep(0.0005)


def end_by_itself():
    """For a forked child, which nobody else would end when the test fails."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(PROGRAM)


def send_much(sock):
    """Sends MUCH by many calls, of which some must wait, whatever room the system finds meanwhile."""
    left = MUCH
    while left:
        left -= sock.send(bytes(min(left, 65536)))


def wait_until_asleep(native_id):
    """Returns once the thread sleeps in one of these calls."""
    path = Path(f"/proc/self/task/{native_id}/syscall")
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if path.read_text().split()[0] in WAITING[os.uname().machine]:
            return
        os.sched_yield()
    raise AssertionError("the thread does not sleep")


class Thread(threading.Thread):
    """Runs a call in a thread of its own and keeps its outcome."""

    def __init__(self, call, *arguments):
        super().__init__(daemon=True)
        self.call, self.arguments = call, arguments
        self.result = self.error = None
        self.ended = None
        self.start()

    def run(self):
        try:
            self.result = self.call(*self.arguments)
        except BaseException as error:
            self.error = error
        self.ended = time.monotonic()

    def asleep(self):
        """Returns once it sleeps."""
        wait_until_asleep(self.native_id)
        return self

    def outcome(self):
        """What it returned, or raises what it raised."""
        self.join(PATIENCE)
        assert not self.is_alive(), "the call does not end"
        if self.error is not None:
            raise self.error
        return self.result


def when_main_sleeps(*actions):
    """Runs actions in another thread, each once the main thread sleeps."""
    main = threading.main_thread().native_id

    def run():
        for action in actions:
            wait_until_asleep(main)
            action()

    return Thread(run)


@contextlib.contextmanager
def on_signal(handler, number=signal.SIGUSR1):
    """Handles a signal meanwhile."""
    before = signal.signal(number, lambda *_: handler())
    try:
        yield
    finally:
        signal.signal(number, before)


def interrupt():
    """Sends the signal to the main thread, which runs its handler."""
    signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)

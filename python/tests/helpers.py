"""Connections, threads that are known to sleep, and what this machine can't test."""

import contextlib
import errno
import importlib.util
import os
import shutil
import signal
import socket as standard
import struct
import sysconfig
import threading
import time
from pathlib import Path

import pytest

import polysock

# The numbers of the system calls in which a thread waits on a socket: ppoll, recvfrom, sendto, recvmsg, sendmsg,
# recvmmsg, sendmmsg, accept, accept4, connect, and close with linger.
WAITING = {
    "x86_64": {"271", "45", "44", "47", "46", "299", "307", "43", "288", "42", "3"},
    "aarch64": {"73", "207", "206", "212", "211", "243", "269", "202", "242", "203", "57"},
}
needs_lock = pytest.mark.skipif(
    bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason="needs an interpreter with a lock"
)
needs_free_threading = pytest.mark.skipif(
    not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="needs a free-threaded interpreter (python3.14t)"
)
needs_ssl = pytest.mark.skipif(
    importlib.util.find_spec("_ssl") is None, reason="needs ssl (an interpreter with OpenSSL)"
)
# Seconds to wait for another thread or process.
WAIT_LIMIT = 10
# Seconds that a test may take. A program that it starts must end before, so that it is not left behind.
TEST_TIMEOUT = 60
PROGRAM_TIMEOUT = TEST_TIMEOUT - 10
# More bytes than the buffers of a connection hold.
MORE_THAN_BUFFERS = 32 << 20


def ipv6_is_there():
    with contextlib.suppress(OSError), polysock.socket(polysock.AF_INET6) as sock:
        sock.bind(("::1", 0))
        return True
    return False


needs_ipv6 = pytest.mark.skipif(not ipv6_is_there(), reason="needs IPv6: ::1 can't be bound")


def is_known(look_up, *name):
    """Whether a name is in the tables of this machine, which small systems lack."""
    with contextlib.suppress(OSError):
        look_up(*name)
        return True
    return False


def own_name_is_known():
    return is_known(standard.gethostbyname, standard.gethostname())


COMPILER = os.environ.get("CC", "cc").split()
needs_compiler = pytest.mark.skipif(shutil.which(COMPILER[0]) is None, reason=f"needs a C compiler ({COMPILER[0]})")
LOCALHOST = "the name localhost (/etc/hosts)"
HOSTS = Path("/etc/hosts")  # a look-up might ask another machine
localhost_is_known = HOSTS.exists() and "localhost" in HOSTS.read_text().split()
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
    """A listener whose queue is full, so that further connects wait."""
    with module.socket() as listener, polysock.socket() as filler:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        filler.connect(listener.getsockname())
        wait_until(lambda: waiting_connections(listener) == 1)
        yield listener


def waiting_connections(listener):
    """The number of connections in a listener's queue: tcpi_unacked (tcp_get_info() in Linux)."""
    info = listener.getsockopt(polysock.IPPROTO_TCP, polysock.TCP_INFO, 256)
    return struct.unpack_from("I", info, 24)[0]


@contextlib.contextmanager
def refusing_address():
    """An address that refuses connections and stays reserved meanwhile."""
    with polysock.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        yield deaf.getsockname()


def wait_until(condition, limit=WAIT_LIMIT):
    """Returns once a condition holds."""
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, "the condition does not come true"
        time.sleep(0.0005)


def end_by_itself():
    """Ends a forked child in time, even if the test fails."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(PROGRAM_TIMEOUT)


def send_more_than_buffers(sock):
    """Sends MORE_THAN_BUFFERS bytes by many calls, some of which must wait."""
    left = MORE_THAN_BUFFERS
    while left:
        left -= sock.send(bytes(min(left, 65536)))


def wait_until_asleep(native_id):
    """Returns once the thread sleeps in one of the calls of WAITING."""
    path = Path(f"/proc/self/task/{native_id}/syscall")
    end = time.monotonic() + WAIT_LIMIT
    while time.monotonic() < end:
        if path.read_text().split()[0] in WAITING[os.uname().machine]:
            return
        os.sched_yield()
    raise AssertionError("the thread does not sleep")


class Thread(threading.Thread):
    """A thread that runs a call and keeps its outcome."""

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
        """Returns the thread once it sleeps."""
        wait_until_asleep(self.native_id)
        return self

    def outcome(self):
        """Returns what the call returned, or raises what it raised."""
        self.join(WAIT_LIMIT)
        assert not self.is_alive(), "the call does not end"
        if self.error is not None:
            raise self.error
        return self.result


def when_main_sleeps(*actions):
    """Runs actions in another thread, each as soon as the main thread sleeps."""
    main = threading.main_thread().native_id

    def run():
        for action in actions:
            wait_until_asleep(main)
            action()

    return Thread(run)


@contextlib.contextmanager
def on_signal(handler, number=signal.SIGUSR1):
    """Handles a signal within a with statement."""
    before = signal.signal(number, lambda *_: handler())
    try:
        yield
    finally:
        signal.signal(number, before)


def interrupt():
    """Sends the signal to the main thread, which runs its handler.

    One sent to the process may be taken by another thread, and then does not end the main thread's system call.
    """
    signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)


@contextlib.contextmanager
def raises_closed():
    """Expects the OSError of a closed socket."""
    with pytest.raises(OSError) as raised:
        yield
    assert raised.value.errno == errno.EBADF


class FromHandler(Exception):
    """What the signal handler of ended_by_a_handler() raises."""


@contextlib.contextmanager
def ended_by_a_handler():
    """Ends the call inside, once it sleeps, by a signal handler that raises; gives what the call raised."""

    def fail():
        raise FromHandler

    with on_signal(fail):
        acting = when_main_sleeps(interrupt)
        with pytest.raises(FromHandler) as raised:
            yield raised
        acting.outcome()


def refused_by_detach(sock):
    """The error with which a socket in use refuses to be handed over to ssl."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    with pytest.raises(OSError) as raised:
        context.wrap_socket(sock, do_handshake_on_connect=False)
    assert raised.value.errno == errno.EBUSY
    return raised

"""Connections to test with, and threads that are known to sleep."""

import contextlib
import os
import signal
import threading
import time
from pathlib import Path

import polysock

# The number of ppoll(2), which a thread sleeps in while it waits on a socket of ours.
WAITING = {"x86_64": "271", "aarch64": "73"}
PATIENCE = 10


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
    """A listener that lets further connects wait."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(module.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(20):
            filler = stack.enter_context(polysock.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            if filler.state() == "SYN_SENT":
                break
        yield listener


def fill(sock):
    """Sends until there is no more room."""
    timeout = sock.gettimeout()
    sock.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        for _ in range(10_000):
            sock.send(bytes(65536))
    sock.settimeout(timeout)


def wait_until_asleep(native_id):
    """Returns once the thread sleeps in ppoll."""
    path = Path(f"/proc/self/task/{native_id}/syscall")
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if path.read_text().split()[0] == WAITING[os.uname().machine]:
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

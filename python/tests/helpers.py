"""Connections to test with, and threads that are known to sleep."""

import contextlib
import os
import select
import signal
import threading
import time
from pathlib import Path

import polysock

# What a thread waits in on a socket of ours: ppoll, recvfrom, sendto, recvmsg, sendmsg, accept, accept4, connect.
WAITING = {
    "x86_64": {"271", "45", "44", "47", "46", "43", "288", "42"},
    "aarch64": {"73", "207", "206", "212", "211", "202", "242", "203"},
}
PATIENCE = 10
# More than all buffers of a connection hold.
MUCH = 32 << 20


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
            connected = select.poll()
            connected.register(filler, select.POLLOUT)
            if not connected.poll(100):
                break
        else:
            raise AssertionError("never full")
        yield listener


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

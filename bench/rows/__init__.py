"""The rows of the comparison: what is measured, and what the rows share."""

import contextlib
import socket as standard
import threading
import time
from dataclasses import dataclass
from typing import Any

SMALL = bytes(64)
LIMIT = 20.0  # seconds; the timeout of sockets in rows "with a timeout"


@dataclass
class Row:
    """`make(module)` is a context manager with a function that measures once, in nanoseconds."""

    make: Any
    rounds: int
    #: The same system calls made by a C program, to know what they cost by themselves.
    floor: Any
    #: The same by functions for Python that do nothing else: no module can cost less.
    least: Any = None


ROWS: dict[str, Row] = {}


def row(name, rounds=15, floor=None, least=None):
    """Registers a function that makes what a row needs and yields a function measuring once."""

    def register(make):
        ROWS[name] = Row(contextlib.contextmanager(make), rounds, floor, least)
        return make

    return register


class Calls:
    """Calls that are made over and over: `call(count)` makes that many.

    `before` makes ready what they need, `after` clears up; neither is measured. A row that yields the object itself
    has its instructions counted too (python_instructions.py); one that yields only `time` has other threads in it.
    """

    def __init__(self, count, call, before=None, after=None):
        self.count, self.call = count, call
        self.before, self.after = before, after

    def run(self, count, start, stop):
        if self.before:
            self.before(count)
        start()
        self.call(count)
        stop()
        if self.after:
            self.after()

    def time(self):
        """The nanoseconds of one call."""
        marks = []

        def mark():
            marks.append(time.perf_counter_ns())

        self.run(max(self.count // 10, 1), mark, mark)
        self.run(self.count, mark, mark)
        return (marks[3] - marks[2]) / self.count

    __call__ = time


def for_a_while(seconds, call, batch=1):
    """The nanoseconds of one call, of as many as fit into the time."""
    count, start = 0, time.perf_counter_ns()
    end = start + seconds * 1e9
    while time.perf_counter_ns() < end:
        call(batch)
        count += batch
    return (time.perf_counter_ns() - start) / count


def tcp_pair(module, timeout=None):
    with module.create_server(("127.0.0.1", 0)) as listener:
        client = module.create_connection(listener.getsockname())
        server, _ = listener.accept()
    for end in (client, server):
        end.setsockopt(module.IPPROTO_TCP, module.TCP_NODELAY, 1)
        end.settimeout(timeout)
    return client, server


def unix_pair(module, timeout=None):
    ends = []
    for end in standard.socketpair():
        ends.append(module.socket(module.AF_UNIX, module.SOCK_STREAM, 0, fileno=end.detach()))
        ends[-1].settimeout(timeout)
    return ends


def udp_pair(module, timeout=None):
    ends = [module.socket(module.AF_INET, module.SOCK_DGRAM) for _ in range(2)]
    for end in ends:
        end.bind(("127.0.0.1", 0))
    for end, other in zip(ends, reversed(ends), strict=True):
        end.connect(other.getsockname())
        end.settimeout(timeout)
    return ends


@contextlib.contextmanager
def closing(*sockets):
    try:
        yield
    finally:
        for each_socket in sockets:
            each_socket.close()


def both_ways(left, right):
    """Sends and receives 64 bytes."""

    def run(count):
        for _ in range(count):
            left.send(SMALL)
            right.recv(64)

    return run


class Beside:
    """A thread that does one thing over and over until the block ends; `count` says how often."""

    def __init__(self, work):
        self.count, self.over = 0, False
        self.work = work
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        with contextlib.suppress(OSError):
            while not self.over:
                self.work()
                self.count += 1

    def __enter__(self):
        self.thread.start()
        time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self.over = True
        self.thread.join(2)

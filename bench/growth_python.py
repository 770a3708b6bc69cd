"""What one more of something costs in Python when there are many:  growth_python.py THING MODULE COUNT

The same as growth.c, which says what the things and the three numbers are. The bytes are what malloc has given out,
with PYTHONMALLOC=malloc in the environment; without it, the number counts only what Python does not manage itself.
"""

import contextlib
import ctypes
import errno
import importlib
import os
import resource
import selectors
import socket as standard
import sys
import threading
import time

TIMEOUT = 600.0
USES, ANSWERS, CHUNK, PER_PORT, LIMITED = 2000, 300, 100, 20_000, 3


class Mallinfo(ctypes.Structure):
    """mallinfo2(3): ten numbers, of which two are wanted here."""

    _fields_ = (
        ("before", ctypes.c_size_t * 4),
        ("hblkhd", ctypes.c_size_t),
        ("between", ctypes.c_size_t * 2),
        ("uordblks", ctypes.c_size_t),
        ("after", ctypes.c_size_t * 2),
    )


mallinfo = ctypes.CDLL(None).mallinfo2
mallinfo.restype = Mallinfo


def given_out():
    info = mallinfo()
    return info.uordblks + info.hblkhd


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def report(count, size, make_ns, use_ns):
    print(f"{max(size, 0) / count:.1f} {make_ns / count:.1f} {use_ns:.1f}")


def pair(module, kind):
    ours, peer = standard.socketpair(standard.AF_UNIX, kind)
    return module.socket(module.AF_UNIX, kind, 0, fileno=ours.detach()), peer


def times(call, count=USES):
    start = time.perf_counter_ns()
    for _ in range(count):
        call()
    return (time.perf_counter_ns() - start) / count


def connect_on_request(requests):
    """The process of the peers, which has a limit for itself."""
    kept = []
    with contextlib.suppress(BaseException):
        while port := requests.recv(16):
            kept += [standard.create_connection(("127.0.0.1", int(port))) for _ in range(CHUNK)]
            requests.send(b"x")
    os._exit(0)


def connections(module, count):
    requests, other_end = standard.socketpair(standard.AF_UNIX, standard.SOCK_SEQPACKET)
    if os.fork() == 0:
        requests.close()
        connect_on_request(other_end)
    other_end.close()
    ours, peer = pair(module, module.SOCK_STREAM)
    kept, listener, passed, before = [None] * count, None, 0, given_out()
    for first in range(0, count, CHUNK):
        if first % PER_PORT == 0:
            listener = module.create_server(("127.0.0.1", 0), backlog=CHUNK)
        requests.send(str(listener.getsockname()[1]).encode())
        if requests.recv(1) != b"x":
            sys.exit(LIMITED)
        start = time.perf_counter_ns()
        for at in range(first, min(first + CHUNK, count)):
            kept[at], _ = listener.accept()
        passed += time.perf_counter_ns() - start
    size = given_out() - before

    def use():
        peer.send(b"x")
        ours.recv(1)

    report(count, size, passed, times(use))


def registrations(module, count):
    kept = [module.socket(module.AF_UNIX, module.SOCK_DGRAM) for _ in range(count)]
    ready, peer = pair(module, module.SOCK_DGRAM)
    selector = selectors.DefaultSelector()
    before, start = given_out(), time.perf_counter_ns()
    for each in kept:
        selector.register(each, selectors.EVENT_READ)
    passed, size = time.perf_counter_ns() - start, given_out() - before
    selector.register(ready, selectors.EVENT_READ)
    peer.send(b"x")
    report(count, size, passed, times(lambda: selector.select(TIMEOUT)))


def threads(module, count):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    threading.stack_size(65536)
    pairs = [pair(module, module.SOCK_STREAM) for _ in range(count)]

    def answer(ours):
        while data := ours.recv(1):
            ours.send(data)

    def ask(peer):
        peer.send(b"x")
        peer.recv(1)

    for ours, _ in pairs:
        ours.settimeout(TIMEOUT)
    before, start = resident(), time.perf_counter_ns()
    for ours, _ in pairs:
        threading.Thread(target=answer, args=(ours,), daemon=True).start()
    passed = time.perf_counter_ns() - start
    for _, peer in pairs:
        ask(peer)  # all of them wait now, or will soon
    size = resident() - before
    asked = (pairs[number * 7919 % count][1] for number in range(ANSWERS))
    report(count, size, passed, times(lambda: ask(next(asked)), ANSWERS))
    sys.stdout.flush()
    os._exit(0)  # not before the threads have ended, which they never do


def main():
    _, thing, module, count = sys.argv
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    measure = {"connection": connections, "registration": registrations, "thread": threads}[thing]
    try:
        measure(importlib.import_module(module), int(count))
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.ENFILE, errno.EMFILE):
            raise
        sys.exit(LIMITED)
    except RuntimeError:  # can't start new thread
        sys.exit(LIMITED)


if __name__ == "__main__":
    main()

"""Hostile programs: buffers and sockets that change in the middle of a call, strange finalizers."""

import array
import contextlib
import copy
import errno
import gc
import os
import pickle
import socket as standard
import subprocess
import sys
import textwrap
import threading
import warnings
import weakref

import pytest
from helpers import Thread, connection, raises_closed, send_more_than_buffers

import polysock as socket


@contextlib.contextmanager
def filled():
    """Both ends of a connection, with the first one's buffer full. Not TCP, whose buffers could still grow."""
    client, server = socket.socketpair()
    with client, server:
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            send_more_than_buffers(client)
        client.setblocking(True)
        yield client, server


RECEIVING = {
    "recv_into": lambda s, b: s.recv_into(b),
    "recvfrom_into": lambda s, b: s.recvfrom_into(b),
    "recvmsg_into": lambda s, b: s.recvmsg_into([bytearray(0), b]),
}
SENDING = {
    "send": lambda s, b: s.send(b),
    "sendall": lambda s, b: s.sendall(b),
    "sendmsg": lambda s, b: s.sendmsg([b"", b]),
}
BUFFERS = {
    "bytearray": lambda: bytearray(b"x" * 100_000),
    "array": lambda: array.array("i", range(25_000)),
    "view": lambda: memoryview(bytearray(b"x" * 100_000)),
}


def cannot_change(buffer):
    if isinstance(buffer, memoryview):
        with pytest.raises(BufferError):
            buffer.release()
        return
    for change in (lambda: buffer.pop(), lambda: buffer.extend([1] * 100_000), lambda: buffer.append(1)):
        with pytest.raises(BufferError):
            change()


def can_change(buffer):
    if isinstance(buffer, memoryview):
        buffer.release()
    else:
        buffer.extend([1] * 100_000)
        del buffer[:]


@pytest.mark.parametrize("kind", BUFFERS)
@pytest.mark.parametrize("name", RECEIVING)
def test_a_buffer_keeps_its_size_while_it_is_received_into(name, kind):
    buffer = BUFFERS[kind]()
    with connection() as (client, server):
        waiter = Thread(RECEIVING[name], client, buffer).asleep()
        cannot_change(buffer)
        server.sendall(b"1234")
        waiter.outcome()
        assert memoryview(buffer).cast("B")[:4] == b"1234"
        can_change(buffer)


@pytest.mark.parametrize("kind", BUFFERS)
@pytest.mark.parametrize("name", SENDING)
def test_a_buffer_keeps_its_size_while_it_is_sent(name, kind):
    buffer = BUFFERS[kind]()
    with filled() as (client, server):
        waiter = Thread(SENDING[name], client, buffer).asleep()
        cannot_change(buffer)
        reader = Thread(lambda: sum(iter(lambda: len(server.recv(1 << 20)), 0)))
        waiter.outcome()
        can_change(buffer)
        client.close()
        assert reader.outcome() > 100_000


@pytest.mark.parametrize("name", [*RECEIVING, *SENDING])
def test_a_buffer_is_given_back_when_the_socket_is_closed_meanwhile(name):
    buffer = bytearray(100_000)
    with (connection if name in RECEIVING else filled)() as (client, _server):
        waiter = Thread((RECEIVING | SENDING)[name], client, buffer).asleep()
        client.close()
        with raises_closed():
            waiter.outcome()
        del buffer[:]


class Closes:
    """An argument that closes a socket when it is converted to a number or iterated over."""

    def __init__(self, sock):
        self.sock = sock

    def __index__(self):
        self.sock.close()
        return 1

    def __iter__(self):
        self.sock.close()
        yield b"x"


CLOSED_BY_ITS_ARGUMENTS = {
    "recv": lambda s, c: s.recv(c),
    "recv_into": lambda s, c: s.recv_into(bytearray(1), c),
    "recvfrom": lambda s, c: s.recvfrom(c),
    "recvmsg": lambda s, c: s.recvmsg(1, c),
    "send": lambda s, c: s.send(b"x", c),
    "sendall": lambda s, c: s.sendall(b"x", c),
    "sendto": lambda s, c: s.sendto(b"x", c, ("127.0.0.1", 9)),
    "sendto port": lambda s, c: s.sendto(b"x", ("127.0.0.1", c)),
    "sendmsg": lambda s, c: s.sendmsg(c),
    "sendmsg control": lambda s, c: s.sendmsg([b"x"], [(c, 1, b"")]),
    "connect": lambda s, c: s.connect(("127.0.0.1", c)),
    "bind": lambda s, c: s.bind(("127.0.0.1", c)),
    "listen": lambda s, c: s.listen(c),
    "shutdown": lambda s, c: s.shutdown(c),
    "getsockopt": lambda s, c: s.getsockopt(c, 3),
    "setsockopt": lambda s, c: s.setsockopt(1, c, 1),
    "settimeout": lambda s, c: s.settimeout(c),
}


@pytest.mark.parametrize("name", CLOSED_BY_ITS_ARGUMENTS)
def test_arguments_that_close_the_socket(name):
    outcomes = []
    for module in (standard, socket):
        with connection(module) as (client, _server):
            try:
                outcomes.append(CLOSED_BY_ITS_ARGUMENTS[name](client, Closes(client)))
            except OSError as error:
                outcomes.append(error.errno)
    if name == "settimeout":
        outcomes[0] = outcomes[1]  # the standard module sets the mode of no descriptor at all
    assert outcomes[0] == outcomes[1] == (outcomes[1] if name == "settimeout" else errno.EBADF)


def smallest_stack():
    """The smallest stack that the interpreter gives to a thread: 32 KiB, or more if it or the system needs more."""
    before = threading.stack_size()
    size = 32768
    while size < 65536:
        try:
            threading.stack_size(size)
        except ValueError:
            size += 4096
        else:
            break
    threading.stack_size(before)
    return size


def test_closing_what_is_iterated_over():
    """An iterator over buffers that drops each one as soon as it has returned it."""
    with connection() as (client, server):
        client.sendmsg(bytearray([65 + number]) * 1000 for number in range(20))
        assert server.recv_exact(20_000) == b"".join(bytes([65 + number]) * 1000 for number in range(20))


@pytest.mark.parametrize("size", [smallest_stack(), 65536])
def test_every_call_fits_into_a_tiny_stack(size):

    def calls():
        with connection() as (client, server):
            client.settimeout(10)
            client.sendall(bytes(100_000))
            server.recv_exact(100_000)
            client.send(b"1234567890")
            server.recv(1), server.recv(5000), client.sendto(b"x", server.getsockname())
            server.recv_into(bytearray(10))
            client.sendmsg([b"ab", b"cd"])
            server.recvmsg(2, 1000), server.recvmsg_into([bytearray(1), bytearray(5)])
            client.sendall(b"line\n")
            with server.makefile("rb") as file:
                file.readline()
            with open(__file__, "rb") as file:
                client.sendfile(file, count=10)
            server.recvfrom(10)
            repr(client), client.dup().close(), client.getsockopt(1, 3, 100), client.shutdown(2)
        one, other = socket.socketpair()
        with one, other:
            socket.send_fds(one, [b"x"], [0])
            os.close(socket.recv_fds(other, 1, 1)[1][0])
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(0.01)
            with pytest.raises(TimeoutError):
                listener.accept()
        socket.getaddrinfo("127.0.0.1", 80)
        socket.inet_pton(socket.AF_INET6, "::1")
        return "done"

    before = threading.stack_size(size)
    try:
        assert Thread(calls).outcome() == "done"
    finally:
        threading.stack_size(before)


def test_subclass_whose_init_never_calls_ours():
    class Lazy(socket.socket):
        def __init__(self):
            self.mine = 1

    lazy = Lazy()
    assert lazy.fileno() == -1
    assert lazy.gettimeout() is None
    assert (lazy.family, lazy.type, lazy.proto) == (0, 0, 0)
    assert "fd=-1" in repr(lazy)
    for call in (
        lazy.accept,
        lazy.dup,
        lazy.listen,
        lambda: lazy.recv(1),
        lambda: lazy.sendall(b"x"),
        lazy.getsockname,
    ):
        with pytest.raises(OSError):
            call()
    # Attributes that the standard class sets in __init__ are missing there too.
    for call in (lazy.__exit__, lazy.close):
        with pytest.raises(AttributeError):
            call()
    assert lazy.detach() == -1
    socket.socket.__init__(lazy)
    assert lazy.fileno() >= 0
    lazy.close()


def test_cycles_are_collected_with_their_sockets():
    class Node(socket.socket):
        pass

    node = Node()
    node.itself, node.file = node, node.makefile("rb", 0)
    fd, reference = node.fileno(), weakref.ref(node)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del node
        assert reference() is not None
        gc.collect()
    assert [warning.category for warning in caught] == [ResourceWarning]
    caught.clear()  # from CPython 3.15 on what a warning holds is found by weak references
    gc.collect()
    assert reference() is None
    with pytest.raises(OSError):
        os.fstat(fd)


def test_finalizers_that_use_and_revive_sockets():
    kept = []

    class Reviving(socket.socket):
        def __del__(self):
            kept.append(self)
            if len(kept) < 5:
                Reviving().settimeout(1)  # its own finalizer runs within this one

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Reviving()
    assert len(kept) == 5
    for sock in kept:
        assert sock.getsockname() == ("0.0.0.0", 0)
        sock.close()
    assert {sock.fileno() for sock in kept} == {-1}


def test_a_finalizer_that_closes_the_socket_of_its_caller():
    with connection() as (client, _server):

        class Buffer(bytearray):
            def __del__(self):
                client.close()

        assert client.send(Buffer(b"x")) == 1
        assert client.fileno() == -1


def test_weak_references_call_back_after_the_socket_is_gone():
    seen = []
    sock = socket.socket()
    proxy = weakref.proxy(sock)
    reference = weakref.ref(sock, lambda dead: seen.append(dead()))
    fd = proxy.fileno()
    proxy.close()
    del sock
    assert seen == [None]
    assert reference() is None
    with pytest.raises(ReferenceError):
        proxy.fileno()
    with pytest.raises(OSError):
        os.fstat(fd)


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{
        f"pickle {protocol}": lambda sock, protocol=protocol: pickle.dumps(sock, protocol)
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    },
}


@pytest.mark.parametrize("name", COPIES)
def test_copies_are_refused_as_by_the_standard_module(name):
    texts = []
    for module in (standard, socket):
        with module.socket() as sock, pytest.raises(TypeError) as caught:
            COPIES[name](sock)
        texts.append(str(caught.value))
    if name not in ("pickle 0", "pickle 1"):  # where the standard module has its text by accident
        assert texts[0] == texts[1]


def test_threads_that_fight_over_one_socket():
    """All methods at once on sockets that are closed and initialised again meanwhile: errors, and nothing worse.

    But dup: a call that waits in the kernel when it happens can't be woken any more without harm to the copy.
    """
    code = """
        import faulthandler, os, random, sys, threading, time, warnings
        import polysock as socket
        warnings.simplefilter("ignore")
        faulthandler.dump_traceback_later(40, exit=True)
        sys.setswitchinterval(1e-5)
        shared, lock = [None, None], threading.Lock()
        def renew():
            with lock:
                old, shared[:] = list(shared), socket.socketpair()
            for sock in old:
                if sock is not None:
                    sock.close()
        renew()
        calls = [
            lambda s: s.send(b"x" * 1000), lambda s: s.sendall(b"y" * 1000), lambda s: s.recv(100),
            lambda s: s.recv(10_000), lambda s: s.recv_into(bytearray(100)), lambda s: s.recvmsg(10, 10),
            lambda s: s.sendmsg([b"a", b"b"]), lambda s: s.recv_exact(10),
            lambda s: s.settimeout(0.001), lambda s: s.setblocking(False), repr, lambda s: s.getsockname(),
            lambda s: s.fileno(), lambda s: s.shutdown(0), lambda s: os.close(s.detach()), lambda s: s.close(),
            lambda s: renew(), lambda s: s.getsockopt(1, 3), lambda s: s.accept(), lambda s: s.listen(),
        ]
        end = time.monotonic() + 1.5
        def fight(seed):
            choose = random.Random(seed)
            while time.monotonic() < end:
                sock = choose.choice(shared)
                try:
                    if choose.random() < 0.5:
                        sock.settimeout(0.001)
                    choose.choice(calls)(sock)
                except (OSError, EOFError, ValueError):
                    pass
        threads = [threading.Thread(target=fight, args=(seed,), daemon=True) for seed in range(8)]
        for thread in threads:
            thread.start()
        def still():
            return [thread for thread in threads if thread.is_alive()]
        while still():
            if time.monotonic() > end:
                renew()  # ends what waits without a limit
            time.sleep(0.01)
        print("done")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=50, check=False
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr[-3000:]

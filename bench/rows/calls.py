"""The rows of single calls: one thread, nothing to wait for."""

import contextlib
import ctypes
import threading
import time
from pathlib import Path

from . import LIMIT, SMALL, Calls, both_ways, closing, row, tcp_pair, udp_pair, unix_pair

RAW_CALLS = Path("build/bench/raw_calls.so")
LEAST_CALLS = Path("build/bench/least_calls.so")


def raw(function, count, *arguments):
    """Calls of a C program: see raw_calls.c."""
    call = getattr(ctypes.CDLL(str(RAW_CALLS)), function)

    def run(many):
        if call(*arguments, many) != 0:
            raise OSError(f"{function} failed")

    return Calls(count, run)


# ------------------------------------------------------------------------------------------------ ready data


def ready(pair, timeout):
    def make(module):
        left, right = pair(module, timeout)
        with closing(left, right):
            yield Calls(2000, both_ways(left, right))

    return make


def raw_ready(pair):
    """The least that the rows of ready data can cost: send(2) and recv(2), from C."""

    @contextlib.contextmanager
    def make(module):
        left, right = pair(module)
        with closing(left, right):
            yield raw("send_and_receive", 2000, left.fileno(), right.fileno())

    return make


def least_function(name):
    """A function for Python that does nothing but the system call: see least_calls.c."""
    make = getattr(ctypes.PyDLL(str(LEAST_CALLS)), f"make_{name}")
    make.restype = ctypes.py_object
    return make()


def least_ready(pair):
    """The least that they can cost from Python."""

    @contextlib.contextmanager
    def make(module):
        send, recv = least_function("send"), least_function("recv")
        left, right = pair(module)
        sender, receiver = left.fileno(), right.fileno()

        def run(count):
            for _ in range(count):
                send(sender, SMALL)
                recv(receiver, 64)

        with closing(left, right):
            yield Calls(2000, run)

    return make


for kind, pair in (("tcp", tcp_pair), ("unix", unix_pair), ("udp", udp_pair)):
    for timeout, limited in ((None, ""), (LIMIT, " timeout,")):
        name, floors = f"ready 64 B,{limited} {kind}", (raw_ready(pair), least_ready(pair))
        row(name, 40, *floors)(ready(pair, timeout))


def transfer(pair, call):
    """`call(left, right)` makes the function that sends and receives once."""

    def make(module):
        left, right = pair(module)

        def run(count):
            once = call(left, right)
            for _ in range(count):
                once()

        with closing(left, right):
            yield Calls(2000, run)

    return make


#: How long a thread has been idle, and the other one has made calls, before these are measured.
IDLE = 0.5


def beside_idle(make):
    """The same beside a thread that has waited for something else for a while."""

    def make_beside(module):
        started, over = threading.Event(), threading.Event()

        def idle():
            started.set()
            over.wait()

        threading.Thread(target=idle, daemon=True).start()
        started.wait()
        try:
            with contextlib.contextmanager(make)(module) as calls:
                end = time.monotonic() + IDLE
                while time.monotonic() < end:
                    calls.run(calls.count, lambda: None, lambda: None)
                yield calls
        finally:
            over.set()

    return make_beside


row("ready 64 B, tcp, beside an idle thread", rounds=25)(beside_idle(ready(tcp_pair, None)))
row("ready 64 B, unix, beside an idle thread", rounds=25)(beside_idle(ready(unix_pair, None)))


def sends_and_receives_into(left, right):
    room = bytearray(64)
    return lambda: (left.send(SMALL), right.recv_into(room))


def sends_and_receives_into_a_view(left, right):
    room = memoryview(bytearray(64))
    return lambda: (left.send(SMALL), right.recv_into(room))


def sends_and_receives_with_much_room(left, right):
    little = bytes(32)
    return lambda: (left.send(little), right.recv(65536))


def sends_to_and_receives_from(left, right):
    address = right.getsockname()
    return lambda: (left.sendto(SMALL, address), right.recvfrom(64))


def sends_to_and_receives_from_into(left, right):
    address, room = right.getsockname(), bytearray(64)
    return lambda: (left.sendto(SMALL, address), right.recvfrom_into(room))


def sends_message_and_receives_message(left, right):
    parts = [SMALL]
    return lambda: (left.sendmsg(parts), right.recvmsg(64))


def sends_message_of_parts_and_receives_message(left, right):
    parts = [SMALL[:16], SMALL[16:32], SMALL[32:]]
    return lambda: (left.sendmsg(parts), right.recvmsg(64))


row("recv_into 64 B", rounds=25)(transfer(tcp_pair, sends_and_receives_into))
row("recv_into 64 B, memoryview", rounds=25)(transfer(tcp_pair, sends_and_receives_into_a_view))
row("sendall 64 B + recv", rounds=25)(
    transfer(tcp_pair, lambda left, right: lambda: (left.sendall(SMALL), right.recv(64)))
)
row("recv(65536) of 32 B", rounds=25)(transfer(tcp_pair, sends_and_receives_with_much_room))
row("sendmsg + recvmsg 64 B", rounds=25)(transfer(tcp_pair, sends_message_and_receives_message))
row("sendmsg of 3 parts + recvmsg 64 B", rounds=25)(transfer(tcp_pair, sends_message_of_parts_and_receives_message))
row("udp sendto + recvfrom 64 B", rounds=25)(transfer(udp_pair, sends_to_and_receives_from))
row("udp sendto + recvfrom_into 64 B", rounds=25)(transfer(udp_pair, sends_to_and_receives_from_into))


def bulk(size, sends):
    def make(module):
        left, right = tcp_pair(module)
        data, room = bytes(size), bytearray(size)

        def run(count):
            for _ in range(count):
                sender = threading.Thread(target=left.sendall, args=(data,)) if sends else None
                if sender:
                    sender.start()
                else:
                    left.sendall(data)
                got = 0
                while got < size:
                    got += right.recv_into(room)
                if sender:
                    sender.join()

        with closing(left, right):
            calls = Calls(60 if sends else 400, run)
            yield calls.time if sends else calls

    return make


row("bulk 64 KiB", rounds=25)(bulk(65536, False))
row("bulk 64 KiB beside an idle thread", rounds=25)(beside_idle(bulk(65536, False)))
row("bulk 1 MiB", rounds=25)(bulk(1 << 20, True))


@row("makefile readline", rounds=25)
def readline(module):
    left, right = tcp_pair(module)
    line = b"x" * 63 + b"\n"

    def run(count):
        for _ in range(count // 10):
            left.sendall(line * 10)
            for _ in range(10):
                file.readline()

    with closing(left, right), right.makefile("rb") as file:
        yield Calls(4000, run)


# ------------------------------------------------------------------------------------------------ connections


@contextlib.contextmanager
def raw_accept(module):
    with module.create_server(("127.0.0.1", 0)) as listener:
        yield raw("connect_and_accept", 100, listener.fileno())


@row("socket + connect + accept + close", rounds=25, floor=raw_accept)
def accept_and_connect(module):
    with module.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()

        def run(count):
            for _ in range(count):
                client = module.socket()
                client.connect(address)
                server, _ = listener.accept()
                client.close()
                server.close()

        yield Calls(100, run)


def one_call_of_a_connection(measured):
    """Connections are made and accepted; `measured` says whose calls count."""

    def make(module):
        with module.create_server(("127.0.0.1", 0), backlog=128) as listener:
            address = listener.getsockname()
            clients, servers = [], []

            def sockets(count):
                clients.extend(module.socket() for _ in range(count))

            def connect(count):
                for client in clients[:count]:
                    client.connect(address)

            def accept(count):
                for _ in range(count):
                    servers.append(listener.accept())

            def clear():
                if not servers:
                    accept(len(clients))
                for end in clients + [server for server, _ in servers]:
                    end.close()
                clients.clear()
                servers.clear()

            def connected(count):
                sockets(count)
                connect(count)

            if measured == "connect":
                yield Calls(100, connect, sockets, clear)
            else:
                yield Calls(100, accept, connected, clear)

    return make


row("connect", rounds=25)(one_call_of_a_connection("connect"))
row("accept", rounds=25)(one_call_of_a_connection("accept"))


@row("create_connection + accept + close", rounds=25)
def create_connection(module):
    with module.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()

        def run(count):
            for _ in range(count):
                client = module.create_connection(address, LIMIT)
                server, _ = listener.accept()
                client.close()
                server.close()

        yield Calls(100, run)


@row("socket + close", rounds=25)
def create_and_close(module):
    def run(count):
        for _ in range(count):
            module.socket().close()

    yield Calls(500, run)


# ------------------------------------------------------------------------------------------------ options


def option(call):
    """`call(module, sock)` makes the function that is called."""

    def make(module):
        with module.socket() as sock:
            sock.bind(("127.0.0.1", 0))

            def run(count):
                once = call(module, sock)
                for _ in range(count):
                    once()

            yield Calls(5000, run)

    return make


row("getsockopt", rounds=25)(
    option(lambda m, s: lambda ask=s.getsockopt, a=int(m.SOL_SOCKET), b=int(m.SO_ERROR): ask(a, b))
)
row("setsockopt", rounds=25)(
    option(lambda m, s: lambda tell=s.setsockopt, a=int(m.SOL_SOCKET), b=int(m.SO_KEEPALIVE): tell(a, b, 1))
)
row("getsockname", rounds=25)(option(lambda _, s: s.getsockname))
row("sock.gettimeout()", rounds=25)(option(lambda _, s: lambda: s.gettimeout()))
row("fileno", rounds=25)(option(lambda _, s: s.fileno))
row("gettimeout", rounds=25)(option(lambda _, s: s.gettimeout))
row("settimeout", rounds=25)(option(lambda _, s: lambda tell=s.settimeout: tell(5.0)))

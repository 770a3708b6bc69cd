"""Misuse of arguments and buffers raises the same exceptions from the standard module and from ours."""

import array
import mmap
import os
import socket as standard

import pytest
from helpers import connection, needs_localhost

import polysock

MISUSE = {
    # numbers
    "recv negative": lambda m, s: s.recv(-1),
    "recv float": lambda m, s: s.recv(1.0),
    "recv str": lambda m, s: s.recv("1"),
    "recv None flags": lambda m, s: s.recv(1, None),
    "recv too large": lambda m, s: s.recv(1 << 70),
    "recv nothing": lambda m, s: s.recv(),
    "recv three": lambda m, s: s.recv(1, 0, 0),
    "recv keyword": lambda m, s: s.recv(bufsize=1),
    "recv flags too large": lambda m, s: s.recv(1, 1 << 31),
    "recv_into negative": lambda m, s: s.recv_into(bytearray(4), -1),
    "recv_into too many": lambda m, s: s.recv_into(bytearray(4), 5),
    "recv_into read only": lambda m, s: s.recv_into(b"1234"),
    "recv_into str": lambda m, s: s.recv_into("1234"),
    "recv_into strided": lambda m, s: s.recv_into(memoryview(bytearray(4))[::2]),
    "send nothing": lambda m, s: s.send(),
    "sendall nothing": lambda m, s: s.sendall(),
    "send str": lambda m, s: s.send("text"),
    "send int": lambda m, s: s.send(5),
    "send strided": lambda m, s: s.send(memoryview(b"1234")[::2]),
    "send keyword": lambda m, s: s.send(data=b""),
    "sendall str": lambda m, s: s.sendall("text"),
    "sendall flags": lambda m, s: s.sendall(b"", "x"),
    "listen too large": lambda m, s: s.listen(1 << 31),
    "listen str": lambda m, s: s.listen("5"),
    "listen connected": lambda m, s: s.listen(5),
    "shutdown wrong": lambda m, s: s.shutdown(17),
    "shutdown str": lambda m, s: s.shutdown("x"),
    # timeouts
    "settimeout negative": lambda m, s: s.settimeout(-1),
    "settimeout tiny negative": lambda m, s: s.settimeout(-1e-12),
    "settimeout nan": lambda m, s: s.settimeout(float("nan")),
    "settimeout inf": lambda m, s: s.settimeout(float("inf")),
    "settimeout huge": lambda m, s: s.settimeout(1e300),
    "settimeout large": lambda m, s: s.settimeout(2147484),
    "settimeout inexact": lambda m, s: (s.settimeout(2147483.7), s.gettimeout()),
    "settimeout longest": lambda m, s: (s.settimeout(9_223_372_036), s.gettimeout()),
    "settimeout longer": lambda m, s: s.settimeout(9_223_372_037),
    "settimeout longer float": lambda m, s: s.settimeout(9.3e9),
    "settimeout largest": lambda m, s: s.settimeout(1 << 70),
    "settimeout str": lambda m, s: s.settimeout("1"),
    "settimeout keyword": lambda m, s: s.settimeout(timeout=1),
    # options
    "getsockopt unknown": lambda m, s: s.getsockopt(m.SOL_SOCKET, 9999),
    "getsockopt long": lambda m, s: s.getsockopt(m.SOL_SOCKET, m.SO_LINGER, 1025),
    "getsockopt negative": lambda m, s: s.getsockopt(m.SOL_SOCKET, m.SO_LINGER, -1),
    "getsockopt str": lambda m, s: s.getsockopt("x", 1),
    "setsockopt overflow": lambda m, s: s.setsockopt(m.SOL_SOCKET, m.SO_KEEPALIVE, 1 << 31),
    "setsockopt float": lambda m, s: s.setsockopt(m.SOL_SOCKET, m.SO_KEEPALIVE, 1.0),
    "setsockopt None": lambda m, s: s.setsockopt(m.SOL_SOCKET, m.SO_KEEPALIVE, None),
    "setsockopt short": lambda m, s: s.setsockopt(m.SOL_SOCKET, m.SO_KEEPALIVE, b"1"),
    "setsockopt length of int": lambda m, s: s.setsockopt(m.SOL_SOCKET, m.SO_KEEPALIVE, 1, 4),
    "setsockopt null": lambda m, s: s.setsockopt(m.SOL_SOCKET, m.SO_KEEPALIVE, None, 4),
    "setsockopt two": lambda m, s: s.setsockopt(m.SOL_SOCKET, m.SO_KEEPALIVE),
    # addresses
    "connect str": lambda m, s: s.connect("127.0.0.1"),
    "connect list": lambda m, s: s.connect(["127.0.0.1", 1]),
    "connect single": lambda m, s: s.connect(("127.0.0.1",)),
    "connect three": lambda m, s: s.connect(("127.0.0.1", 1, 2)),
    "connect port large": lambda m, s: s.connect(("127.0.0.1", 65536)),
    "connect port negative": lambda m, s: s.connect(("127.0.0.1", -1)),
    "connect port huge": lambda m, s: s.connect(("127.0.0.1", 1 << 70)),
    "connect port str": lambda m, s: s.connect(("127.0.0.1", "80")),
    "connect port float": lambda m, s: s.connect(("127.0.0.1", 80.0)),
    "connect host None": lambda m, s: s.connect((None, 80)),
    "connect host nul": lambda m, s: s.connect(("a\0b", 80)),
    "connect host nul bytes": lambda m, s: s.connect((b"a\0b", 80)),
    "connect host surrogate": lambda m, s: s.connect(("\udcff", 80)),
    "connect host other family": lambda m, s: s.connect(("::1", 80)),
    "connect connected": lambda m, s: s.connect(s.getpeername()),
    "connect_ex str": lambda m, s: s.connect_ex("127.0.0.1"),
    "connect_ex port": lambda m, s: s.connect_ex(("127.0.0.1", 65536)),
    "bind port": lambda m, s: s.bind(("127.0.0.1", 65536)),
    "bind str": lambda m, s: s.bind("x"),
    "bind bound": lambda m, s: s.bind(("127.0.0.1", 0)),
    "bind no such address": lambda m, s: m.socket().bind(("192.0.2.1", 0)),
    "ipv6 port": lambda m, s: ipv6(m, "bind", ("::1", 65536)),
    "ipv6 flow": lambda m, s: ipv6(m, "bind", ("::1", 0, 1 << 20)),
    "ipv6 single": lambda m, s: ipv6(m, "connect", ("::1",)),
    "ipv6 str": lambda m, s: ipv6(m, "connect", "::1"),
    "ipv6 broadcast": lambda m, s: ipv6(m, "connect", ("<broadcast>", 1)),
    # making
    "family unknown": lambda m, s: m.socket(9999),
    "family str": lambda m, s: m.socket("AF_INET"),
    "family huge": lambda m, s: m.socket(1 << 40),
    "type unknown": lambda m, s: m.socket(m.AF_INET, 77),
    "proto unknown": lambda m, s: m.socket(m.AF_INET, m.SOCK_STREAM, 250),
    "five arguments": lambda m, s: m.socket(1, 2, 3, None, 5),
    "keyword unknown": lambda m, s: m.socket(x=1),
    "fileno negative": lambda m, s: m.socket(fileno=-5),
    "fileno float": lambda m, s: m.socket(fileno=1.0),
    "fileno str": lambda m, s: m.socket(fileno="1"),
    "fileno not open": lambda m, s: m.socket(fileno=99_999),
    # look-ups
    "getaddrinfo int host": lambda m, s: m.getaddrinfo(5, 80),
    "getaddrinfo float port": lambda m, s: m.getaddrinfo("localhost", 8.0),
    "getaddrinfo nothing": lambda m, s: m.getaddrinfo(None, None),
    "getaddrinfo service": lambda m, s: m.getaddrinfo("127.0.0.1", "no such service"),
    "getaddrinfo numeric": lambda m, s: m.getaddrinfo("localhost", 80, 0, 0, 0, m.AI_NUMERICHOST),
    "getaddrinfo long label": lambda m, s: m.getaddrinfo("a" * 64, 80),
    "getaddrinfo family": lambda m, s: m.getaddrinfo("127.0.0.1", 80, "x"),
    # files
    "makefile mode": lambda m, s: s.makefile("x"),
    "makefile unbuffered text": lambda m, s: s.makefile("r", 0),
}


def ipv6(module, call, address):
    with module.socket(module.AF_INET6) as sock:
        getattr(sock, call)(address)


def misuse(module, name):
    with connection(module) as (client, _server):
        client.settimeout(1)
        try:
            return "returned", MISUSE[name](module, client)
        except Exception as error:
            return type(error), getattr(error, "errno", None), str(error)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", MISUSE)
def test_same_error(name):
    theirs, ours = misuse(standard, name), misuse(polysock, name)
    assert ours[:2] == theirs[:2]
    if theirs[0] != "returned" and issubclass(theirs[0], OSError):
        assert ours == theirs


CLOSED = {
    "recv": lambda s: s.recv(1),
    "recv_into": lambda s: s.recv_into(bytearray(1)),
    "send": lambda s: s.send(b"x"),
    "sendall": lambda s: s.sendall(b"x"),
    "sendall nothing": lambda s: s.sendall(b""),
    "accept": lambda s: s.accept(),
    "bind": lambda s: s.bind(("127.0.0.1", 0)),
    "connect": lambda s: s.connect(("127.0.0.1", 1)),
    "connect_ex": lambda s: s.connect_ex(("127.0.0.1", 1)),
    "listen": lambda s: s.listen(),
    "shutdown": lambda s: s.shutdown(0),
    "getsockname": lambda s: s.getsockname(),
    "getpeername": lambda s: s.getpeername(),
    "getsockopt": lambda s: s.getsockopt(1, 3),
    "setsockopt": lambda s: s.setsockopt(1, 2, 1),
    "settimeout": lambda s: s.settimeout(1),
    "setblocking": lambda s: s.setblocking(False),
    "gettimeout": lambda s: s.gettimeout(),
    "fileno": lambda s: s.fileno(),
    "family": lambda s: (s.family, s.type, s.proto),
    "close": lambda s: s.close(),
    "detach": lambda s: s.detach(),
    "dup": lambda s: s.dup(),
    "with": lambda s: s.__enter__() and None,
}


@pytest.mark.parametrize("name", CLOSED)
def test_same_after_close(name):
    outcomes = []
    for module in (standard, polysock):
        sock = module.socket()
        sock.close()
        try:
            outcomes.append(("returned", CLOSED[name](sock)))
        except Exception as error:
            outcomes.append((type(error), str(error)))
    assert outcomes[0] == outcomes[1]


def test_getaddrinfo_leaves_the_port_to_the_resolver():
    with pytest.raises(polysock.gaierror):  # before 3.12 the standard module raises OverflowError
        polysock.getaddrinfo("localhost", 1 << 70)


NOT_PORTS = (65536, 65536 + 80, 2**32 + 80, 2**64 + 80, -1, -(2**32) + 80)


@pytest.mark.parametrize("number", NOT_PORTS)
def test_no_port_is_taken_for_another_one(number):
    """The resolver keeps only the low bits."""
    host = "127.0.0.1"
    for service in (number, str(number), str(number).encode(), f" {number}"):
        with pytest.raises(polysock.gaierror) as caught:
            polysock.getaddrinfo(host, service)
        assert caught.value.errno == polysock.EAI_SERVICE
        with pytest.raises(polysock.gaierror):
            polysock.create_connection((host, service), 5)
    with polysock.socket() as stream, polysock.socket(type=polysock.SOCK_DGRAM) as datagrams:
        for call in (
            lambda: stream.connect((host, number)),
            lambda: stream.connect_ex((host, number)),
            lambda: stream.bind((host, number)),
            lambda: datagrams.sendto(b"x", (host, number)),
            lambda: datagrams.sendmsg([b"x"], [], 0, (host, number)),
            lambda: polysock.create_server((host, number)),
            lambda: polysock.getservbyport(number),
        ):
            with pytest.raises(OverflowError):
                call()
    with pytest.raises((OverflowError, polysock.gaierror)):
        polysock.getnameinfo((host, number), 0)


@pytest.mark.parametrize("number", [2**32, 2**32 + 1, 2**64 + 1, -(2**31) - 1])
def test_no_scope_is_taken_for_another_one(number):
    with polysock.socket(type=polysock.SOCK_DGRAM, family=polysock.AF_INET6) as sock:
        for address in (("::1", 9, number, 0), ("fe80::1", 9, 0, number)):
            with pytest.raises(OverflowError):
                sock.connect(address)
            with pytest.raises(OverflowError):
                polysock.getnameinfo(address, 0)


BUFFERS = {
    "bytes": lambda: b"0123456789abcdef",
    "bytearray": lambda: bytearray(b"0123456789abcdef"),
    "memoryview": lambda: memoryview(bytearray(b"0123456789abcdef")),
    "part": lambda: memoryview(bytearray(b"??0123456789abcdef"))[2:],
    "ints": lambda: array.array("i", [1, 2, 3, 4]),
    "cast": lambda: memoryview(bytearray(16)).cast("I"),
    "empty": lambda: b"",
}


@pytest.mark.parametrize("name", BUFFERS)
def test_buffers_count_bytes(name):
    with connection() as (client, server):
        data = BUFFERS[name]()
        raw = bytes(memoryview(data).cast("B")) if len(data) else b""
        assert client.send(data) == len(raw)
        client.sendall(data)
        assert server.recv_exact(2 * len(raw)) == raw * 2
        if raw and name != "bytes":
            client.sendall(bytes(reversed(raw)))
            assert server.recv_into(data) == len(raw)
            assert bytes(memoryview(data).cast("B")) == bytes(reversed(raw))


def test_mmap_both_ways():
    with connection() as (client, server), mmap.mmap(-1, 4096) as memory:
        memory[:4] = b"1234"
        client.sendall(memory)
        assert server.recv_exact(4096)[:4] == b"1234"
        server.sendall(b"5678")
        assert client.recv_into(memory, 2) == 2
        assert memory[:4] == b"5634"


def test_buffers_are_given_back_after_an_error():
    data = bytearray(4)
    with polysock.socket() as sock:
        for call in (sock.send, sock.sendall, sock.recv_into):
            with pytest.raises(OSError):
                call(data)
            data.append(1)  # refused while exported


@pytest.mark.parametrize("size", [0, 1, 2, 4095, 4096, 4097, 65536, 1 << 20])
def test_recv_sizes(size):
    with connection() as (client, server):
        data = os.urandom(min(size, 30_000))
        client.sendall(data)
        client.shutdown(polysock.SHUT_WR)
        got = b""
        while len(got) < len(data):
            piece = server.recv(size)
            assert type(piece) is bytes
            got += piece
        assert got == data
        assert server.recv(size) == b""
        client_end = b"y" * (size + 1)
        server.sendall(client_end)
        assert client.recv_exact(len(client_end)) == client_end


def test_options_in_their_three_forms():
    with polysock.socket() as sock:
        sock.setsockopt(polysock.SOL_SOCKET, polysock.SO_KEEPALIVE, 1)
        assert sock.getsockopt(polysock.SOL_SOCKET, polysock.SO_KEEPALIVE) == 1
        sock.setsockopt(polysock.SOL_SOCKET, polysock.SO_KEEPALIVE, (0).to_bytes(4, "little"))
        assert sock.getsockopt(polysock.SOL_SOCKET, polysock.SO_KEEPALIVE, 4) == bytes(4)
        sock.setsockopt(polysock.SOL_SOCKET, polysock.SO_KEEPALIVE, memoryview(b"\1\0\0\0"))
        assert sock.getsockopt(polysock.SOL_SOCKET, polysock.SO_KEEPALIVE, 16) == b"\1\0\0\0"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", b"127.0.0.1", bytearray(b"127.0.0.1"), pytest.param("localhost", marks=needs_localhost), ""]
)
def test_hosts(host):
    with polysock.socket() as sock:
        sock.bind((host, 0))
        assert sock.getsockname()[0] == ("0.0.0.0" if host == "" else "127.0.0.1")


@needs_localhost
def test_localhost_as_the_standard_module_finds_it():
    assert polysock.getaddrinfo("localhost", None) == standard.getaddrinfo("localhost", None)


def test_getaddrinfo_as_the_standard_module():
    for arguments in [("127.0.0.1", 80), ("::1", "80"), (None, 80), (b"127.0.0.1", b"80")]:
        assert polysock.getaddrinfo(*arguments) == standard.getaddrinfo(*arguments)
    (first, *_) = polysock.getaddrinfo("127.0.0.1", 80, type=polysock.SOCK_STREAM)
    assert first[0] is polysock.AF_INET
    assert first[1] is polysock.SOCK_STREAM

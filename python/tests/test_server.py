"""The callback server: its handlers, their exceptions, and its addresses."""

import contextlib
import gc
import os
import socket as standard
import sys
import threading
import warnings

import pytest
from helpers import WAIT_LIMIT, Thread, needs_ipv6, needs_localhost, wait_until
from server_helpers import LOCAL, KeptErrors, ask, connect, echo, server_threads

import polysock

pytestmark = pytest.mark.usefixtures("no_server_thread_is_left")


def test_connections_are_served_at_the_same_time():
    seen = []

    def handler(connection, address):
        seen.append((type(connection), address, connection.getpeername()))
        echo(connection, address)

    with polysock.Server(LOCAL, handler) as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(server)) for _ in range(10)]
        for client in clients:
            client.sendall(b"hello")
        for client in clients:
            assert client.recv_exact(5) == b"hello"
        assert server.connections == 10
        assert len(server_threads()) <= 11
        assert {kind for kind, _, _ in seen} == {polysock.socket}
        expected = {client.getsockname() for client in clients}
        assert {address for _, address, _ in seen} == {peer for _, _, peer in seen} == expected
    assert server.connections == 0
    assert not server_threads()


def test_no_more_than_so_many_at_a_time():
    most = 0
    in_pairs = threading.Barrier(2)

    def handler(connection, address):
        nonlocal most
        in_pairs.wait(WAIT_LIMIT)
        most = max(most, server.connections)
        echo(connection, address)

    with polysock.Server(LOCAL, handler, max_connections=2) as server:
        threads = [Thread(ask, server) for _ in range(20)]
        assert [thread.outcome() for thread in threads] == [b"hello"] * 20
    assert most == 2


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", b"127.0.0.1", "", None),
        pytest.param("localhost", marks=needs_localhost),
        *(pytest.param(host, marks=needs_ipv6) for host in ("::1", b"::1", bytearray(b"::1"))),
    ],
)
def test_host_and_port(host):
    with polysock.Server((host, 0), echo) as server:
        family = polysock.AF_INET6 if host in ("::1", b"::1") else polysock.AF_INET
        assert (server.listener.family, server.address) == (family, server.listener.getsockname())
        peer = "::1" if family == polysock.AF_INET6 else "127.0.0.1"
        with polysock.create_connection((peer, server.address[1])) as client:
            client.sendall(b"x")
            assert client.recv(1) == b"x"


@pytest.mark.parametrize("address", [None, (), 8080, b"".isalpha])
def test_what_is_no_address(address):
    for make in polysock.Server, polysock.MessageServer:
        with pytest.raises(TypeError, match=r"^address must be \(host, port\), a path or a listening socket, not "):
            make(address, echo)


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)])
def test_a_server_takes_the_address_of_another(host):
    with polysock.Server((host, 0), echo) as first:
        pass
    with polysock.Server(first.address, echo) as second:
        assert second.address == first.address
        assert ask(second) == b"hello"


@pytest.mark.parametrize("name", ["str", "bytes", "abstract"])
def test_unix_path(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # whose path may be too long for an address
    path = {"str": "s", "bytes": b"s", "abstract": b"\0polysock-" + os.urandom(8).hex().encode()}[name]
    with polysock.Server(path, echo) as server, polysock.socket(polysock.AF_UNIX) as client:
        assert os.fsencode(server.address) == os.fsencode(path)
        client.connect(path)
        client.sendall(b"x")
        assert client.recv(1) == b"x"
    with pytest.raises(OSError, match="refused"), polysock.socket(polysock.AF_UNIX) as client:
        client.connect(path)


@pytest.mark.parametrize("module", [polysock, standard])
def test_a_socket_that_listens(module):
    listener = module.create_server(LOCAL)
    address = listener.getsockname()
    with polysock.Server(listener, echo) as server:
        assert server.address == address
        assert (server.listener is listener) == (module is polysock)
        assert ask(server) == b"hello"
    assert listener.fileno() == -1


def test_a_handler_that_raises_ends_its_connection_only():
    def handler(connection, address):
        order = connection.recv(1)
        if order == b"e":
            raise RuntimeError("on purpose")
        if order == b"x":
            sys.exit(3)
        connection.sendall(order)

    errors = KeptErrors()
    with polysock.Server(LOCAL, handler, on_error=errors) as server, connect(server) as other:
        assert ask(server, b"e") == b""
        exception, address = errors.one()
        assert (str(exception), address[0]) == ("on purpose", "127.0.0.1")
        assert exception.__traceback__ is not None
        assert ask(server, b"x") == b""
        assert isinstance(errors.one()[0], SystemExit)
        other.sendall(b"y")
        assert other.recv(1) == b"y"
    assert not errors


def test_without_a_hook_it_is_that_of_threads(monkeypatch, capsys):
    def handler(connection, address):
        connection.recv(1)
        raise SystemExit if quiet else RuntimeError("on purpose")

    reported = []
    quiet = False
    monkeypatch.setattr(threading, "excepthook", reported.append)
    with polysock.Server(LOCAL, handler) as server:
        assert ask(server, b"") == b""
        wait_until(lambda: reported)
        assert reported[0].exc_type is RuntimeError
        assert reported[0].thread.name.startswith("polysock-server-")
        monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
        quiet = True
        assert ask(server, b"") == b""
    assert capsys.readouterr().err == ""  # as any thread that ends by sys.exit()


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)])
def test_the_default_report_names_the_client(capsys, monkeypatch, host):
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)  # not that of pytest

    def handler(connection, address):
        connection.recv(1)
        raise RuntimeError("on purpose")

    with polysock.Server((host, 0), handler) as server, connect(server) as client:
        client.sendall(b"x")
        assert client.recv(1) == b""
        own, port = client.getsockname()[:2]
    shown = f"[{own}]:{port}" if ":" in own else f"{own}:{port}"
    report = capsys.readouterr().err.splitlines()
    assert report[-2:] == ["RuntimeError: on purpose", f"handling the connection from {shown}"]


def test_the_default_report_of_a_client_without_a_name(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    with polysock.Server("s", lambda connection, address: 1 // 0), polysock.socket(polysock.AF_UNIX) as client:
        client.connect("s")
        assert client.recv(1) == b""
    assert capsys.readouterr().err.endswith("handling the connection from a client without a name\n")


def test_a_hook_that_raises(monkeypatch):
    def hook(exception, address):
        raise LookupError("from the hook")

    reported = []
    monkeypatch.setattr(threading, "excepthook", lambda what: reported.append(str(what.exc_value)))
    with polysock.Server(LOCAL, lambda c, a: c.recv(1) and 1 // 0, on_error=hook) as server:
        assert ask(server, b"x") == b""
        assert ask(server, b"x") == b""
        wait_until(lambda: len(reported) == 2)
    assert reported == ["from the hook"] * 2


def test_what_a_handler_may_do_with_its_connection():
    kept = []

    def handler(connection, address):
        order = connection.recv(1)
        if order == b"k":
            kept.append(connection)
        elif order == b"c":
            connection.close()
        elif order == b"d":
            kept.append(polysock.socket(fileno=connection.detach()))
        elif order == b"f":
            with connection.makefile("rw") as file:
                file.write(file.readline().upper())
        elif order == b"b":  # a buffer that was not flushed
            connection.makefile("w").write("late")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with polysock.Server(LOCAL, handler) as server:
            assert ask(server, b"c") == b""
            assert ask(server, b"fline\n") == b"LINE\n"
            assert ask(server, b"b") == b"late"
            assert ask(server, b"k") == b""
            assert "[closed] fd=-1" in repr(kept[0])
            with pytest.raises(OSError, match="Bad file descriptor"):
                kept[0].recv(1)
            with connect(server) as client:
                client.sendall(b"d")
                wait_until(lambda: len(kept) == 2)
                server.stop()
                kept[1].sendall(b"still here")
                kept[1].close()
                assert client.recv_exact(10) == b"still here"
        kept.clear()
        gc.collect()


def test_the_answer_arrives_whole_even_if_the_request_was_not_read():
    def handler(connection, address):
        connection.recv(1)
        connection.sendall(b"go away")

    with polysock.Server(LOCAL, handler) as server:
        for _ in range(50):
            with connect(server) as client:
                client.sendall(b"GET / HTTP/1.0\r\n\r\n")
                assert client.recv_exact(7) == b"go away"
                assert client.recv(1) == b""


@pytest.mark.parametrize(
    ("arguments", "exception", "text"),
    [
        ((LOCAL, None), TypeError, "handler must be callable, not NoneType"),
        ((LOCAL, echo, {"on_error": 7}), TypeError, "on_error must be callable or None, not int"),
        ((LOCAL, echo, {"max_connections": 0}), ValueError, "max_connections must be at least 1"),
        ((LOCAL, echo, {"max_connections": -1}), ValueError, "max_connections must be at least 1"),
        ((LOCAL, echo, {"max_connections": "2"}), TypeError, "str"),
        ((("127.0.0.1", 70000), echo), OverflowError, "port must be 0-65535"),
        ((("no.such.host.invalid", 0), echo), OSError, "not known|resol(ution|ve)"),
        (("/no/such/directory/s", echo), FileNotFoundError, "No such file"),
        ((None, echo), TypeError, "NoneType"),
        ((8080, echo), TypeError, "int"),
    ],
)
def test_arguments_that_make_no_server(arguments, exception, text):
    address, handler, options = (*arguments, {})[:3]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(exception, match=text):
            polysock.Server(address, handler, **options)


def test_a_socket_that_does_not_listen_stays_the_callers():
    with polysock.socket() as plain:
        with pytest.raises(OSError, match="Invalid argument") as raised:
            polysock.Server(plain, echo)
        assert raised.value.__notes__ == ["hint: the socket is not listening: call listen() first"]
        assert plain.fileno() >= 0


def test_the_default_timeout_holds_for_connections():
    timeouts = []
    with polysock.Server(LOCAL, lambda c, a: timeouts.append(c.gettimeout())) as server:
        polysock.setdefaulttimeout(3.5)
        try:
            assert ask(server, b"") == b""
        finally:
            polysock.setdefaulttimeout(None)
        assert ask(server, b"") == b""
    assert timeouts == [3.5, None]


def test_a_started_server_lives_without_being_held():
    address = polysock.Server(LOCAL, echo)
    address.start()
    address = address.address
    gc.collect()
    with polysock.create_connection(address) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
    for thread in server_threads():
        thread.server.stop()


def test_many_connections_one_after_the_other_take_few_threads():
    with polysock.Server(LOCAL, echo, max_connections=8) as server:
        for _ in range(200):
            assert ask(server) == b"hello"
            assert len(server_threads()) <= 8

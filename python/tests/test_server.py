"""The callback server: handlers, what they raise, where it listens, how it ends."""

import contextlib
import errno
import gc
import os
import signal
import socket as standard
import subprocess
import sys
import threading
import time
import warnings

import pytest
from helpers import PATIENCE, Thread, interrupt, on_signal, when_main_sleeps

import polysock

LOCAL = ("127.0.0.1", 0)


def echo(connection, address):
    while data := connection.recv(4096):
        connection.sendall(data)


def connect(server):
    return polysock.create_connection(server.address, timeout=PATIENCE)


def ask(server, text=b"hello"):
    """What the server answers up to the end of its stream."""
    with connect(server) as client:
        client.sendall(text)
        client.shutdown(polysock.SHUT_WR)
        return b"".join(iter(lambda: client.recv(4096), b""))


def until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "never so"
        time.sleep(0.0005)


def server_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("polysock-server-")]


@pytest.fixture(autouse=True)
def no_thread_is_left():
    yield
    until(lambda: not server_threads())


class Complaints:
    """An on_error that keeps what it is told."""

    def __init__(self):
        self.kept = []

    def __call__(self, exception, address):
        self.kept.append((exception, address))

    def one(self):
        until(lambda: self.kept)
        return self.kept.pop()


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

    def handler(connection, address):
        nonlocal most
        most = max(most, server.connections)
        echo(connection, address)

    with polysock.Server(LOCAL, handler, max_connections=2) as server:
        threads = [Thread(ask, server) for _ in range(20)]
        assert [thread.outcome() for thread in threads] == [b"hello"] * 20
    assert most == 2


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "", "::1"])
def test_host_and_port(host):
    with polysock.Server((host, 0), echo) as server:
        family = polysock.AF_INET6 if ":" in host else polysock.AF_INET
        assert (server.listener.family, server.address) == (family, server.listener.getsockname())
        with polysock.create_connection((host or "127.0.0.1", server.address[1])) as client:
            client.sendall(b"x")
            assert client.recv(1) == b"x"


@pytest.mark.parametrize("name", ["str", "bytes", "abstract"])
def test_unix_path(name, tmp_path):
    path = {"str": str(tmp_path / "s"), "bytes": os.fsencode(tmp_path / "s"), "abstract": b"\0polysock test"}[name]
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

    complaints = Complaints()
    with polysock.Server(LOCAL, handler, on_error=complaints) as server, connect(server) as other:
        assert ask(server, b"e") == b""
        exception, address = complaints.one()
        assert (str(exception), address[0]) == ("on purpose", "127.0.0.1")
        assert exception.__traceback__ is not None
        assert ask(server, b"x") == b""
        assert isinstance(complaints.one()[0], SystemExit)
        other.sendall(b"y")
        assert other.recv(1) == b"y"
    assert not complaints.kept


def test_without_a_hook_it_is_that_of_threads(monkeypatch, capsys):
    def handler(connection, address):
        connection.recv(1)
        raise SystemExit if quiet else RuntimeError("on purpose")

    told = []
    quiet = False
    monkeypatch.setattr(threading, "excepthook", told.append)
    with polysock.Server(LOCAL, handler) as server:
        assert ask(server, b"") == b""
        until(lambda: told)
        assert told[0].exc_type is RuntimeError
        assert told[0].thread.name.startswith("polysock-server-")
        monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
        quiet = True
        assert ask(server, b"") == b""
    assert capsys.readouterr().err == ""  # as any thread that ends by sys.exit()


def test_a_hook_that_raises(monkeypatch):
    def hook(exception, address):
        raise LookupError("from the hook")

    told = []
    monkeypatch.setattr(threading, "excepthook", lambda what: told.append(str(what.exc_value)))
    with polysock.Server(LOCAL, lambda c, a: c.recv(1) and 1 // 0, on_error=hook) as server:
        assert ask(server, b"x") == b""
        assert ask(server, b"x") == b""
        until(lambda: len(told) == 2)
    assert told == ["from the hook"] * 2


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
        elif order == b"b":  # a buffer that nobody flushed
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
                until(lambda: len(kept) == 2)
                server.stop()
                kept[1].sendall(b"still here")
                kept[1].close()
                assert client.recv_exact(10) == b"still here"
        kept.clear()
        gc.collect()


def test_the_answer_comes_whole_though_nobody_read_the_request():
    def handler(connection, address):
        connection.recv(1)
        connection.sendall(b"go away")

    with polysock.Server(LOCAL, handler) as server:
        for _ in range(50):
            with connect(server) as client:
                client.sendall(b"GET / HTTP/1.0\r\n\r\n")
                assert client.recv_exact(7) == b"go away"
                assert client.recv(1) == b""


@pytest.mark.parametrize("timeout", [0, 0.5, None])
def test_a_handler_stops_its_own_server(timeout):
    def handler(connection, address):
        connection.recv(1)
        results.append(server.stop(timeout))
        connection.sendall(b"bye")

    results = []
    with polysock.Server(LOCAL, handler) as server:
        waiting = Thread(server.serve_forever)
        began = time.monotonic()
        assert ask(server, b"x") == b"bye"
        assert time.monotonic() - began < 0.45
        waiting.outcome()
    assert results == [0]


def test_handlers_may_finish_until_the_time_is_up():
    door = threading.Event()

    def handler(connection, address):
        connection.sendall(connection.recv(1))
        door.wait(PATIENCE)
        connection.sendall(b"done")

    server = polysock.Server(LOCAL, handler)
    server.start()
    with connect(server) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        stopping = Thread(server.stop, None)
        until(lambda: server.listener.fileno() == -1)
        assert client.getpeername() == server.address
        door.set()
        assert stopping.outcome() == 0
        assert client.recv_exact(4) == b"done"
        assert client.recv(1) == b""


def test_handlers_that_wait_are_woken():
    complaints, raised = Complaints(), []

    def handler(connection, address):
        try:
            echo(connection, address)
        except OSError as error:
            raised.append(error.errno)
            raise

    server = polysock.Server(LOCAL, handler, on_error=complaints)
    server.start()
    with connect(server) as one, connect(server) as other:
        for client in (one, other):
            client.sendall(b"x")
            assert client.recv(1) == b"x"
        began = time.monotonic()
        assert server.stop(0.1) == 0
        assert 0.1 <= time.monotonic() - began < 5
        assert one.recv(1) == other.recv(1) == b""
    assert raised == [errno.EBADF] * 2
    assert not complaints.kept  # to be woken is no failure


def test_what_a_woken_handler_raises_besides_is_told():
    def handler(connection, address):
        try:
            connection.recv(1)
        except OSError:
            raise LookupError("in the clean-up") from None

    complaints = Complaints()
    server = polysock.Server(LOCAL, handler, on_error=complaints)
    server.start()
    with connect(server):
        until(lambda: server.connections == 1)
        assert server.stop(0) == 0
    assert isinstance(complaints.one()[0], LookupError)


def test_a_handler_that_blocks_for_ever_is_told_of():
    door = threading.Event()
    server = polysock.Server(LOCAL, lambda c, a: door.wait())
    server.start()
    with connect(server) as client:
        until(lambda: server.connections == 1)
        began = time.monotonic()
        assert server.stop(0) == 1
        assert time.monotonic() - began < 5
        assert client.recv(1) == b""
        assert server.stop(0) == 1
    assert all(thread.daemon for thread in server_threads())
    door.set()
    assert server.stop(None) == 0


def test_start_and_stop_in_any_order():
    server = polysock.Server(LOCAL, echo)
    with connect(server) as early:  # waits to be accepted
        server.start()
        server.start()
        early.sendall(b"x")
        assert early.recv(1) == b"x"
    stoppers = [Thread(server.stop, timeout) for timeout in (None, 1, 0)]
    assert [stopper.outcome() for stopper in stoppers] == [0, 0, 0]
    server.serve_forever()
    server.start()
    assert server.stop(0) == 0
    assert "[closed]" in repr(server)
    server = polysock.Server(LOCAL, echo)
    assert server.stop() == 0
    for call in (server.start, server.serve_forever, server.__enter__):
        with pytest.raises(OSError, match="Bad file descriptor"):
            call()
    with pytest.raises(ValueError, match="out of range"):
        server.stop(-1)


def test_closing_the_listener_ends_accepting():
    with polysock.Server(LOCAL, echo) as server, connect(server) as client:
        waiting = Thread(server.serve_forever).asleep()
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        server.listener.close()
        waiting.outcome()
        client.sendall(b"y")
        assert client.recv(1) == b"y"


class Interrupt(Exception):
    pass


def raise_it():
    raise Interrupt


def test_a_signal_ends_serve_forever():
    calls = []
    with polysock.Server(LOCAL, echo) as server:
        with on_signal(lambda: calls.append(ask(server))):  # returns: the wait goes on
            acting = when_main_sleeps(interrupt, lambda: until(lambda: calls), server.stop)
            server.serve_forever()
            acting.outcome()
        assert calls == [b"hello"]
    with polysock.Server(LOCAL, echo) as server, on_signal(raise_it):
        acting = when_main_sleeps(interrupt)
        with pytest.raises(Interrupt):
            server.serve_forever()
        acting.outcome()
        assert ask(server) == b"hello"
    with pytest.raises(OSError, match="refused"):
        connect(server)
    with polysock.Server(LOCAL, echo) as server, on_signal(server.stop):
        acting = when_main_sleeps(interrupt)
        server.serve_forever()
        acting.outcome()


def test_a_signal_ends_stop():
    door = threading.Event()
    server = polysock.Server(LOCAL, lambda c, a: door.wait())
    server.start()
    with connect(server):
        until(lambda: server.connections == 1)
        main = threading.main_thread().ident

        def signal_once_stopping():
            until(lambda: server.listener.fileno() == -1)
            signal.pthread_kill(main, signal.SIGUSR1)

        with on_signal(raise_it):
            acting = Thread(signal_once_stopping)
            with pytest.raises(Interrupt):
                server.stop(None)
            acting.outcome()
        door.set()
        assert server.stop(None) == 0


@pytest.mark.parametrize(
    ("arguments", "exception", "words"),
    [
        ((LOCAL, None), TypeError, "handler must be callable, not NoneType"),
        ((LOCAL, echo, {"on_error": 7}), TypeError, "on_error must be callable or None, not int"),
        ((LOCAL, echo, {"max_connections": 0}), ValueError, "max_connections must be at least 1"),
        ((LOCAL, echo, {"max_connections": -1}), ValueError, "max_connections must be at least 1"),
        ((LOCAL, echo, {"max_connections": "2"}), TypeError, "str"),
        ((("127.0.0.1", 70000), echo), OverflowError, "port must be 0-65535"),
        ((("no.such.host.invalid", 0), echo), OSError, "not known|resolution"),
        (("/no/such/directory/s", echo), FileNotFoundError, "No such file"),
        ((None, echo), TypeError, "NoneType"),
        ((8080, echo), TypeError, "int"),
    ],
)
def test_what_can_not_be_a_server(arguments, exception, words):
    address, handler, options = (*arguments, {})[:3]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(exception, match=words):
            polysock.Server(address, handler, **options)


def test_a_socket_that_does_not_listen_stays_the_callers():
    with polysock.socket() as plain:
        with pytest.raises(OSError, match="Invalid argument"):
            polysock.Server(plain, echo)
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


def test_star_import_does_not_bring_it():
    assert "Server" not in polysock.__all__


def run(script, *, code=0):
    """Runs a script that has what these tests have."""
    text = "import os, sys, threading, time, polysock\nLOCAL = ('127.0.0.1', 0)\n" + script
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", text], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stderr) == (code, "")
    return done.stdout


@pytest.mark.parametrize("handler", ["c.recv(1)", "time.sleep(100)", "[time.sleep(0.001) for _ in iter(int, 1)]"])
def test_a_program_ends_beside_its_handlers(handler):
    assert (
        run(f"""
def handler(c, a):
    c.sendall(b"x")
    {handler}
server = polysock.Server(LOCAL, handler)
server.start()
client = polysock.create_connection(server.address)
client.recv(1)
print("ends")
os.set_blocking(client.detach(), True)
""")
        == "ends\n"
    )


def test_interrupted_from_the_keyboard():
    script = """
import signal
def handler(c, a):
    c.recv(1)
    os.kill(os.getpid(), signal.SIGINT)
    c.recv(1)
try:
    with polysock.Server(LOCAL, handler) as server:
        client = polysock.create_connection(server.address)
        client.settimeout(10)
        client.sendall(b"x")
        server.serve_forever()
except KeyboardInterrupt:
    print("interrupted", client.recv(1), threading.active_count())
client.close()
"""
    assert run(script) == "interrupted b'' 1\n"


def test_without_descriptors_connections_wait():
    assert (
        run("""
import resource
errors = []
def echo(c, a):
    while d := c.recv(1):
        c.sendall(d)
with polysock.Server(LOCAL, echo, on_error=lambda e, a: errors.append((e.errno, a))) as server:
    clients = [polysock.socket() for _ in range(5)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))
    filler = []
    while True:
        try:
            filler.append(os.dup(0))
        except OSError:
            break
    for client in clients:
        client.settimeout(10)
        client.connect(server.address)
        client.sendall(b"x")
    while len(errors) < 5:
        time.sleep(0.001)
    for fd in filler:
        os.close(fd)
    print([client.recv(1) for client in clients], set(errors))
    for client in clients:
        client.close()
""")
        == "[b'x', b'x', b'x', b'x', b'x'] {(24, None)}\n"
    )


def test_a_child_that_a_handler_forked_takes_over():
    assert (
        run("""
import warnings
warnings.simplefilter("ignore", DeprecationWarning)  # forking with threads
children = []
def handler(c, a):
    child = os.fork()
    if child:
        children.append(child)
        return
    c.sendall(c.recv_exact(2))
    os._exit(0)
with polysock.Server(LOCAL, handler) as server:
    client = polysock.create_connection(server.address)
    client.sendall(b"1")
    while not children or server.connections:
        time.sleep(0.001)
    client.sendall(b"2")
    print(client.recv_exact(2), os.waitpid(children[0], 0)[1])
    client.close()
""")
        == "b'12' 0\n"
    )


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

"""How a message server ends: by stop() in any thread, with its listener, by a signal, with the program, in a fork."""

import errno
import gc
import threading
import time

import pytest
from helpers import WAIT_LIMIT, Thread, wait_until
from server_helpers import LOCAL, ask, connect, server_threads
from test_server_programs import ALL_SERVED, WITHOUT_DESCRIPTORS, run

import polysock
from polysock import CloseReason, Framing

pytestmark = pytest.mark.usefixtures("no_server_thread_is_left")

LINES = Framing.lines()


def echo(connection, message):
    return message


@pytest.mark.parametrize("timeout", [0, 2 * WAIT_LIMIT, None])
def test_a_callback_stops_its_own_server(timeout):
    def on_message(connection, message):
        results.append(server.stop(timeout))
        return b"bye"

    results = []
    with polysock.MessageServer(LOCAL, on_message) as server:
        waiting = Thread(server.serve_forever)
        assert ask(server, b"x") == b"bye"  # within WAIT_LIMIT: it does not wait for itself
        waiting.outcome()
    assert results == [0]


@pytest.mark.parametrize("started", [True, False])
def test_a_stopped_server_does_not_start_again(started):
    server = polysock.MessageServer(LOCAL, echo)
    assert repr(server) == f"<polysock.MessageServer [not started] address={server.address!r}, connections=0>"
    if started:
        server.start()
        server.start()
        assert len(server_threads()) == 1
    assert server.stop() == 0
    assert server.stop() == 0
    assert repr(server) == f"<polysock.MessageServer [closed] address={server.address!r}, connections=0>"
    with pytest.raises(OSError, match="Bad file descriptor") as raised:
        server.start()
    assert raised.value.errno == errno.EBADF


def test_what_has_arrived_is_answered_before_the_end():
    began, door, reasons = threading.Event(), threading.Event(), []

    def on_message(connection, message):
        began.set()
        assert door.wait(WAIT_LIMIT)
        return message

    server = polysock.MessageServer(LOCAL, on_message, framing=LINES, on_close=lambda *ended: reasons.append(ended[1]))
    server.start()
    with connect(server) as client, connect(server) as idle:
        client.sendall(b"one\ntwo\n")
        assert began.wait(WAIT_LIMIT)
        wait_until(lambda: server.connections == 2)
        stopping = Thread(server.stop, None)
        wait_until(lambda: server.listener.fileno() == -1)
        door.set()
        assert stopping.outcome() == 0
        assert reasons == [CloseReason.STOPPED] * 2  # called before stop() returned
        assert client.recv_exact(8) == b"one\ntwo\n"
        assert client.recv(1) == idle.recv(1) == b""


def test_stop_does_not_wait_for_a_callback_that_goes_on():
    door = threading.Event()
    with (
        polysock.MessageServer(LOCAL, lambda c, m: door.wait(WAIT_LIMIT) and None) as server,
        connect(server) as client,
    ):
        client.sendall(b"x")
        wait_until(lambda: server_threads() and server.connections)
        began = time.monotonic()
        running = server.stop(0.1)
        assert 0.1 <= time.monotonic() - began < 5
        assert running <= 1
        assert client.recv(1) == b""
        door.set()


def test_closing_the_listener_ends_it():
    server = polysock.MessageServer(LOCAL, echo)
    server.start()
    with connect(server) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        server.listener.close()
        server.serve_forever()
        assert client.recv(1) == b""
    assert server.stop() == 0


def test_a_started_server_lives_without_being_held():
    server = polysock.MessageServer(LOCAL, echo)
    server.start()
    address = server.address
    del server
    gc.collect()
    with polysock.create_connection(address) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
    for thread in server_threads():
        thread.server.stop()


def test_what_a_callback_raised_may_be_kept():
    """An exception keeps its frames and their variables, which must not include anything that stop() waits for."""
    kept = []
    began = time.monotonic()
    for _ in range(2 * WAIT_LIMIT):  # stop gives threads that are on their way out a second
        with polysock.MessageServer(LOCAL, lambda c, m: 1 // 0, on_error=lambda *error: kept.append(error)) as server:
            assert ask(server) == b""
    assert time.monotonic() - began < WAIT_LIMIT
    assert len(kept) == 2 * WAIT_LIMIT


def test_a_server_that_was_not_started_is_freed():
    server = polysock.MessageServer(LOCAL, echo)
    server.listener.close()
    server = polysock.MessageServer(LOCAL, echo)
    address = server.address
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        polysock.create_connection(address)


@pytest.mark.parametrize("waits", ["", "time.sleep(100)", "[time.sleep(0.001) for _ in iter(int, 1)]"])
def test_a_program_ends_beside_its_callbacks(waits):
    assert (
        run(f"""
inside = threading.Event()
def on_message(c, m):
    inside.set()
    {waits}
server = polysock.MessageServer(LOCAL, on_message)
server.start()
client = polysock.create_connection(server.address)
client.sendall(b"x")
inside.wait()
print("ends")
os.set_blocking(client.detach(), True)
""")
        == "ends\n"
    )


def test_at_exit_connections_are_closed():
    assert (
        run("""
opened = threading.Event()
server = polysock.MessageServer(
    LOCAL, print, on_open=lambda c: opened.set(), on_close=lambda c, reason: print(reason.value)
)
server.start()
client = polysock.create_connection(server.address)
opened.wait()
os.set_blocking(client.detach(), True)
""")
        == "the server was stopped\n"
    )


def test_interrupted_from_the_keyboard():
    script = """
import signal
from helpers import wait_until_asleep
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what a shell starts in the background
def on_message(c, m):
    wait_until_asleep(os.getpid())
    os.kill(os.getpid(), signal.SIGINT)
try:
    with polysock.MessageServer(LOCAL, on_message) as server:
        client = polysock.create_connection(server.address)
        client.settimeout(10)
        client.sendall(b"x")
        server.serve_forever()
except KeyboardInterrupt:
    print("interrupted", client.recv(1), threading.active_count())
client.close()
"""
    assert run(script) == "interrupted b'' 1\n"


def test_a_forked_child_has_no_threads_and_no_connections():
    assert (
        run("""
import warnings
warnings.simplefilter("ignore", DeprecationWarning)  # forking with threads
kept = []
with polysock.MessageServer(LOCAL, lambda c, m: m, on_open=kept.append) as server:
    with polysock.create_connection(server.address) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        child = os.fork()
        if not child:
            assert (kept[0].closed, server.connections, kept[0].peer) == (True, 0, client.getsockname())
            try:
                kept[0].send(b"from the child")
            except OSError as error:
                print(error, flush=True)
            os._exit(0)
        print(os.waitpid(child, 0)[1])
        client.sendall(b"y")
        print(client.recv(100))
""")
        == "[Errno 9] Bad file descriptor\n0\nb'y'\n"
    )


def test_without_descriptors_connections_wait():
    server = "polysock.MessageServer(LOCAL, lambda c, m: m, on_error=note)"
    assert run(WITHOUT_DESCRIPTORS.format(server=server)) == ALL_SERVED

"""What once rested on the interpreter lock: threads that do the same thing at the same time.

Most of this runs on every interpreter, since threads change places between any two steps of Python code. Without the
lock they run at the same time even within a call.
"""

import contextlib
import gc
import os
import subprocess
import sys
import sysconfig
import threading
import time
import weakref

import pytest
from helpers import PROGRAM_TIMEOUT, WAIT_LIMIT, Thread, connection, needs_free_threading, wait_until

import polysock as socket
from polysock.net import DatagramPacket, DatagramSocket, InetAddress

# How long threads work at once, in seconds.
MEANWHILE = 0.3
# Two threads that change the length of a bytearray hang or crash there, also without any socket.
needs_safe_bytearrays = pytest.mark.skipif(
    bool(sysconfig.get_config_var("Py_GIL_DISABLED")) and sys.version_info < (3, 14),
    reason="needs bytearrays that threads may change: with a lock, or from CPython 3.14 on",
)


@pytest.fixture(autouse=True)
def often():
    """Threads change places often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def at_once(*calls):
    """Makes calls at the same time, each in its own thread, and returns their results."""
    barrier = threading.Barrier(len(calls))

    def run(call):
        barrier.wait(WAIT_LIMIT)
        return call()

    threads = [Thread(run, call) for call in calls]
    return [thread.outcome() for thread in threads]


def repeatedly(call, *expected):
    """Makes a call again and again, for MEANWHILE; the exceptions that may end it are expected."""

    def run():
        end = time.monotonic() + MEANWHILE
        while time.monotonic() < end:
            with contextlib.suppress(*expected):
                call()

    return run


@needs_free_threading
def test_the_module_leaves_the_lock_off():
    code = "import sys, polysock, polysock.net; print(sys._is_gil_enabled())"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHON_GIL"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_files_are_counted_in_one_step(pair):
    sock = pair[0]
    at_once(*[repeatedly(lambda: sock.makefile("rb", 0).close())] * 4)
    assert sock._io_refs == 0


def test_the_socket_is_closed_by_its_last_file_or_by_close():
    for _ in range(200):
        one, other = socket.socketpair()
        with other:
            files = [one.makefile("rb", 0) for _ in range(3)]
            at_once(one.close, *[file.close for file in files])
            assert one.fileno() == -1


def test_a_file_that_several_threads_close_is_counted_once():
    one, other = socket.socketpair()
    with one, other:
        shared, own = one.makefile("rb", 0), one.makefile("rb", 0)
        # A close flushes. None goes on before all have got this far.
        barrier = threading.Barrier(4)
        shared.flush = lambda: barrier.wait(WAIT_LIMIT)
        at_once(*[shared.close] * 4)
        one.close()
        assert one.fileno() >= 0
        own.close()
        assert one.fileno() == -1


def test_threads_that_initialise_the_same_object():
    """Each initialisation forgets the descriptor of the one before without closing it: none is lost, none is closed."""
    before = open_sockets()
    sock = socket.socket.__new__(socket.socket)

    def initialise():
        for _ in range(50):
            sock.__init__()

    at_once(*[initialise] * 4)
    made = open_sockets() - before
    current = sock.detach()
    for number in made:
        os.close(number)
    assert current in made
    assert len(made) == 200


def open_sockets():
    """The numbers of the descriptors of sockets."""
    found = set()
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):
            if "socket:" in os.readlink(f"/proc/self/fd/{number}"):
                found.add(int(number))
    return found


@needs_safe_bytearrays
def test_a_buffer_that_threads_change_and_use(pair):
    """What arrives may mix several moments, but it consists of these bytes, and is as long as the buffer was."""
    buffer, size = bytearray(b"a" * 5000), 5000
    client, server = pair
    client.setblocking(False)
    server.setblocking(False)
    at_once(
        repeatedly(lambda: buffer.__setitem__(slice(None), b"b" * size), BufferError),
        repeatedly(lambda: buffer.extend(b"c"), BufferError),
        repeatedly(lambda: buffer.__delitem__(slice(size, None)), BufferError),
        repeatedly(lambda: client.send(buffer), BlockingIOError),
        repeatedly(lambda: client.setsockopt(1, 5, buffer[:4])),
        repeatedly(lambda: set(server.recv(100_000)) <= set(b"abc") or pytest.fail("other bytes"), BlockingIOError),
        repeatedly(lambda: socket.inet_ntop(socket.AF_INET, buffer[:4])),
    )


@needs_safe_bytearrays
def test_a_buffer_that_threads_receive_into(pair):
    buffer = bytearray(1000)
    client, server = pair
    client.setblocking(False)
    server.setblocking(False)
    receive = repeatedly(lambda: server.recv_into(buffer), BlockingIOError, ValueError)
    at_once(
        receive,
        receive,
        repeatedly(lambda: server.recvmsg_into([buffer, buffer]), BlockingIOError),
        repeatedly(lambda: buffer.extend(b"0" * 1000), BufferError),
        repeatedly(lambda: buffer.__delitem__(slice(1000, None)), BufferError),
        repeatedly(lambda: client.send(b"x" * 3000), BlockingIOError),
    )
    assert set(buffer) <= {0, ord("0"), ord("x")}


@pytest.mark.usefixtures("no_server_thread_is_left")
def test_answers_that_change_while_they_are_sent():
    answer = bytearray(b"a" * 3000)
    server = socket.MessageServer(("127.0.0.1", 0), lambda connection, message: answer, framing=socket.Framing())
    with server:

        def ask():
            with socket.create_connection(server.address, timeout=WAIT_LIMIT) as client:
                client.send_frame(b"?")
                received = client.recv_frame()
                assert len(received) == 3000
                assert set(received) <= set(b"ab")

        at_once(
            *[repeatedly(ask)] * 3,
            repeatedly(lambda: answer.__setitem__(slice(None), b"b" * 3000), BufferError),
            repeatedly(lambda: answer.__setitem__(slice(None), b"a" * 3000), BufferError),
        )


def test_lists_that_change_while_they_are_sent():
    parts = [b"1"] * 4
    datagrams = [b"1"] * 4
    one, other = socket.socketpair(type=socket.SOCK_DGRAM)
    with connection() as (client, server), one, other:
        client.settimeout(WAIT_LIMIT)
        one.setblocking(False)
        reader = Thread(lambda: all(iter(lambda: server.recv(1 << 16), b"")))

        def change(some):
            def step():
                some.append(b"2" * 10)
                some.insert(0, bytearray(3))
                del some[2:]
                some.extend([b"", b"3"])

            return repeatedly(step)

        at_once(
            change(parts),
            change(datagrams),
            repeatedly(lambda: client.sendmsg(parts)),
            repeatedly(lambda: client.send_frames(parts)),
            repeatedly(lambda: one.send_batch(datagrams), OSError),
        )
        client.shutdown(socket.SHUT_WR)
        reader.outcome()


def test_packets_that_threads_change_and_use():
    with DatagramSocket(0) as one, DatagramSocket(0) as other:
        one.setSoTimeout(1)
        packet = DatagramPacket(bytearray(100), 100, InetAddress.getLoopbackAddress(), other.getLocalPort())
        target = DatagramPacket(b"x" * 10, 10, InetAddress.getLoopbackAddress(), one.getLocalPort())
        hosts = [InetAddress.getByName(f"127.0.0.{number}") for number in range(1, 4)]
        at_once(
            repeatedly(lambda: packet.setData(bytearray(200), 10, 50)),
            repeatedly(lambda: packet.setLength(20), Exception),
            repeatedly(lambda: [packet.setAddress(host) for host in hosts]),
            repeatedly(lambda: (packet.getData(), packet.getAddress(), packet.getSocketAddress())),
            repeatedly(lambda: one.receive(packet), OSError),
            repeatedly(lambda: one.send(packet), Exception),  # perhaps connected elsewhere
            repeatedly(lambda: other.send(target), OSError),
            repeatedly(lambda: [one.connect(host, other.getLocalPort()) for host in hosts], OSError),
            repeatedly(lambda: (one.getInetAddress(), one.disconnect())),
        )


@pytest.mark.usefixtures("no_server_thread_is_left")
def test_collecting_garbage_while_threads_wait_and_work():
    """A collection stops all threads first. None may hold what another waits for without letting itself be stopped."""
    answering = socket.MessageServer(("127.0.0.1", 0), lambda link, _: link.peer[0].encode(), framing=socket.Framing())
    with connection() as (client, server), answering:
        waiter = Thread(server.recv, 1).asleep()

        def ask():
            with socket.create_connection(answering.address, timeout=WAIT_LIMIT) as asking:
                asking.send_frame(b"who?")
                assert asking.recv_frame() == b"127.0.0.1"

        class Node(socket.socket):
            pass

        nodes = weakref.WeakSet()

        def cycle():
            if len(nodes) >= 100:  # each keeps a descriptor until it is collected
                return
            with Node() as node:
                node.itself = node.makefile("rb", 0)
                nodes.add(node)

        again = socket.socket(socket.AF_UNIX)
        at_once(
            repeatedly(gc.collect),
            repeatedly(ask),
            repeatedly(cycle),
            repeatedly(lambda: (repr(client), client.dup().close())),
            repeatedly(lambda: socket.getaddrinfo("127.0.0.1", 80)),
            repeatedly(lambda: again.settimeout(1)),
        )
        again.close()
        client.sendall(b"x")
        assert waiter.outcome() == b"x"


def test_servers_that_are_started_and_stopped_at_once():
    servers = [socket.Server(("127.0.0.1", 0), lambda connection, address: None) for _ in range(4)]
    for server in servers:
        at_once(server.start, server.start)
        with socket.create_connection(server.address, timeout=WAIT_LIMIT) as client:
            assert client.recv(1) == b""
        at_once(server.stop, server.stop)
        assert server.listener.fileno() == -1
    wait_until(lambda: not any(thread.name.startswith("polysock-server") for thread in threading.enumerate()))

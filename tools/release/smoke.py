"""Does the installed polysock work? `python smoke.py VERSION`, which needs nothing else."""

import importlib.metadata
import sys
import sysconfig
import threading
import time

import polysock
import polysock.net

LIMIT = 30  # seconds: far more than any step needs


def echoed():
    with (
        polysock.create_server(("127.0.0.1", 0)) as listener,
        polysock.create_connection(listener.getsockname(), timeout=LIMIT) as client,
        listener.accept()[0] as peer,
    ):
        client.sendall(b"hello")
        assert peer.recv_exact(5) == b"hello"
        client.settimeout(0.05)
        began = time.monotonic()
        try:
            client.recv(1)
        except TimeoutError:
            assert time.monotonic() - began >= 0.05
        else:
            raise AssertionError("a receive without data returned")


def closed_while_waiting():
    first, second = polysock.socketpair()
    outcome = []

    def receive():
        try:
            outcome.append(first.recv(1))
        except OSError as e:
            outcome.append(e)

    thread = threading.Thread(target=receive, daemon=True)
    thread.start()
    first.close()  # before or while the receive waits: either way it ends with an error
    thread.join(LIMIT)
    assert isinstance(outcome[0], OSError), outcome
    second.close()


def java_style():
    with (
        polysock.net.ServerSocket(0) as server,
        polysock.net.Socket("127.0.0.1", server.getLocalPort()) as client,
        server.accept() as peer,
    ):
        peer.getOutputStream().write(b"x")
        assert client.getInputStream().read() == ord("x")


def served():
    with (
        polysock.Server(("127.0.0.1", 0), lambda connection, _: connection.sendall(b"served")) as server,
        polysock.create_connection(server.address, timeout=LIMIT) as client,
    ):
        assert client.recv_exact(6) == b"served"


assert importlib.metadata.version("polysock") == sys.argv[1]
for step in (echoed, closed_while_waiting, java_style, served):
    step()
print(f"works in CPython {sys.version.split()[0]}, {sysconfig.get_config_var('HOST_GNU_TYPE')}")

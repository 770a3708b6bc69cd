"""The callback server in separate programs: they end, are interrupted, run out of descriptors, fork."""

import subprocess
import sys
from pathlib import Path

import pytest
from helpers import PROGRAM_TIMEOUT


def run(script, *, code=0):
    """Runs a script with the imports of these tests."""
    text = "import os, sys, threading, time, polysock\nLOCAL = ('127.0.0.1', 0)\n" + script
    command = [sys.executable, "-X", "dev", "-c", text]
    tests = Path(__file__).parent  # for helpers
    done = subprocess.run(command, cwd=tests, capture_output=True, text=True, timeout=PROGRAM_TIMEOUT, check=False)
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
from helpers import wait_until_asleep
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what a shell starts in the background
def handler(c, a):
    c.recv(1)
    wait_until_asleep(os.getpid())
    os.kill(os.getpid(), signal.SIGINT)
    c.recv(1)
class Impatient(polysock.Server):
    def stop(self, timeout=0.2):
        return super().stop(timeout)
try:
    with Impatient(LOCAL, handler) as server:
        client = polysock.create_connection(server.address)
        client.settimeout(10)
        client.sendall(b"x")
        server.serve_forever()
except KeyboardInterrupt:
    print("interrupted", client.recv(1), threading.active_count())
client.close()
"""
    assert run(script) == "interrupted b'' 1\n"


# `server` is an expression that makes an echo server which passes its failures to `note`.
WITHOUT_DESCRIPTORS = """
import resource
errors = []
def note(exception, about):
    errors.append((exception.errno, about))
with {server} as server:
    clients = [polysock.socket() for _ in range(5)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))
    filler = []
    while True:
        try:
            filler.append(os.open(os.devnull, os.O_RDONLY))
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
"""
ALL_SERVED = "[b'x', b'x', b'x', b'x', b'x'] {(24, None)}\n"


def test_without_descriptors_connections_wait():
    echo = """
def echo(c, a):
    while d := c.recv(1):
        c.sendall(d)
"""
    script = WITHOUT_DESCRIPTORS.format(server="polysock.Server(LOCAL, echo, on_error=note)")
    assert run(echo + script) == ALL_SERVED


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

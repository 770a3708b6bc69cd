"""Sockets as arguments of processes and as objects in pipes and queues, without patch()."""

import subprocess
import sys
import textwrap

import pytest
from helpers import PROGRAM_TIMEOUT

IMPORTS = ["import polysock as socket\nimport multiprocessing", "import multiprocessing\nimport polysock as socket"]
SCRIPT = """
def child(as_argument, connection, queue):
    for sock in (as_argument, connection.recv(), queue.get()):
        assert type(sock) is socket.socket, type(sock)
        assert sock.gettimeout() == 30, sock.gettimeout()
        with sock:
            sock.sendall(b"from the child")

if __name__ == "__main__":
    import tempfile
    tempfile.tempdir = "/tmp"  # sockets are handed over by a Unix socket in there, whose path must be short
    context = multiprocessing.get_context("METHOD")
    near, far = zip(*(socket.socketpair() for _ in range(3)))
    for sock in far:
        sock.settimeout(30)
    here, there = context.Pipe()
    queue = context.Queue()
    process = context.Process(target=child, args=(far[0], there, queue), daemon=True)
    process.start()
    here.send(far[1])
    queue.put(far[2])
    for sock in near:
        sock.settimeout(30)
        assert sock.recv_exact(14) == b"from the child"
    process.join()
    assert process.exitcode == 0
    print("over")
"""


def run(path, script):
    path.write_text(textwrap.dedent(script))
    ended = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=PROGRAM_TIMEOUT, check=False)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("over\n", "", 0)


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_sockets_go_to_other_processes(tmp_path, method):
    run(tmp_path / "script.py", IMPORTS[0] + SCRIPT.replace("METHOD", method))


@pytest.mark.parametrize("imports", IMPORTS)
def test_only_sockets_of_the_class_itself_and_only_by_multiprocessing(tmp_path, imports):
    script = """
        import copy, os, pickle
        from multiprocessing.reduction import ForkingPickler
        class Own(socket.socket):
            pass
        def refused(call, *arguments):
            try:
                call(*arguments)
            except TypeError as error:
                assert str(error).startswith("cannot pickle"), error
                return True
        with socket.socket() as sock, Own() as own:
            for _ in range(2):
                assert all(refused(call, sock) for call in (pickle.dumps, pickle._dumps, copy.copy, copy.deepcopy))
                assert refused(ForkingPickler.dumps, own)
                copied = pickle.loads(ForkingPickler.dumps([sock, {"again": sock}]))
                assert copied[0] is copied[1]["again"]
                copied[0].close()
        print("over")
    """
    run(tmp_path / "script.py", imports + "\n" + textwrap.dedent(script))

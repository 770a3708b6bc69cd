"""Tests of the harness: it must see what is wrong with a tutorial."""

import asyncio
import contextlib
import re
import textwrap

import pytest
from harness import diagrams, plays
from harness.tutorial import Fault, load

TEST = """
server = '''
listening on 127.0.0.1:{port}
got 5 bytes
'''
client = '''
said hello to port {port}
'''
no_garbage = "a test of the harness"
[missing]
c = "a test of the harness"
java = "a test of the harness"
rust = "a test of the harness"
"""

SERVER = """
import socket, sys
with socket.create_server(("127.0.0.1", 0)) as listener:
    print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
    connection, _ = listener.accept()
    with connection:
        connection.settimeout(20)
        try:
            print("got", len(connection.recv(100)), "bytes")
        except OSError as error:
            sys.exit(str(error))
"""

CLIENT = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[2]))) as s:
    s.sendall(b"hello")
print("said hello to port", sys.argv[2])
"""

MISSING = TEST[TEST.index("[missing]") :]


class Folder:
    """The folder of a tutorial."""

    def __init__(self, path):
        self.path = path
        path.mkdir()
        self.write("README.md", "")
        self.write("test.toml", TEST)
        self.write("server.py", SERVER)
        self.write("client.py", CLIENT)

    def write(self, name, text):
        (self.path / name).write_text(textwrap.dedent(text))

    def replace(self, name, old, new):
        text = (self.path / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def play(self):
        """What is wrong, by play."""

        async def play_all():
            return {play.title: await play.fault() for play in plays.plays_of(load(self.path))}

        return asyncio.run(play_all())

    def pair(self):
        return self.play()["python server, python client"]

    def garbage(self):
        self.replace("test.toml", 'no_garbage = "a test of the harness"', 'garbage = "ends"')
        self.replace("server.py", "settimeout(20)", "settimeout(0.2)")
        return self.play()["python server fed garbage"]

    def alone(self, program, output):
        self.write("one_two.py", program)
        self.write("test.toml", f"output = '''\n{output}\n'''\ninput = '''abc\n'''\n" + MISSING)
        return self.play()["python"]

    def is_refused(self, message):
        return pytest.raises(Fault, match=re.escape(message))


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "one-two")


@pytest.fixture
def limit_ends_once_started(folder, monkeypatch):
    """The time limit of a play ends when one of its programs makes the file `started`."""
    started = folder.path / "started"

    @contextlib.asynccontextmanager
    async def limit():
        async with asyncio.timeout(plays.TIME_LIMIT) as time:

            async def look():
                while not started.exists():
                    await asyncio.sleep(0.01)
                time.reschedule(0)

            looking = asyncio.create_task(look())
            try:
                yield
            finally:
                looking.cancel()

    monkeypatch.setattr(plays, "time_limit", limit)


def test_what_is_right_passes(folder):
    assert folder.play() == {"python server, python client": None}
    assert folder.garbage() is None


def test_a_program_alone_is_given_its_input(folder):
    assert folder.alone("print('n', 17); print(input()[::-1], '+')", "n {number}\ncba{any}") is None
    fault = folder.alone("print('n', 1); print('dbc')", "n {number}\ncba")
    assert "line 2\n  dbc\nwhere this was expected:\n  cba" in fault


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        ("client.py", "said", "sad", "the client printed in line 1\n  sad hello"),
        ("server.py", '"bytes"', '"bits"', "in line 2\n  got 5 bits\nwhere this was expected:\n  got 5 bytes"),
        ("client.py", "print(", "print('first'); print(", "the client printed in line 1\n  first\nwhere"),
        ("client.py", "print(", "len(", "(nothing)\nwhere this was expected:"),
        ("client.py", 'port", sys.argv[2]', 'port", 1', "the client printed in line 1\n  said hello to port 1\n"),
        ("server.py", "listening on", "i listen on", "the server's first line is not"),
        ("client.py", "print(", "import os; os.abort()\nprint(", "the client ended with signal SIGABRT"),
        (
            *("client.py", "print(", "import atexit, os; atexit.register(os._exit, 3)\nprint("),
            "the client ended with exit code 3",
        ),
        ("client.py", "print(", "sys.stderr.write('odd')\nprint(", "the client wrote to standard error"),
    ],
)
def test_wrong_program(folder, file, old, new, fault):
    folder.replace(file, old, new)
    if new == "len(":
        folder.replace(file, ", sys.argv[2])", " + sys.argv[2])")
    assert fault in folder.pair()


def test_a_hang(folder, limit_ends_once_started):
    # Its input has ended: so the harness knows that it has started.
    started = "print('started', flush=True); sys.stdin.read(); open('started', 'w')"
    folder.replace("client.py", "s.sendall", f"{started}; import time; time.sleep(99); s.sendall")
    folder.replace("server.py", "settimeout(20)", "settimeout(99)")
    fault = folder.pair()
    assert "the server and the client did not end within 30 s" in fault
    assert "started" in fault


def test_a_process_left_behind(folder):
    quiet = "import subprocess\nsubprocess.Popen(['sleep', '99'], stdout=-3, stderr=-3)\n"
    folder.replace("client.py", "print(", quiet + "import warnings; warnings.simplefilter('ignore')\nprint(")
    assert "the client left a process behind" in folder.pair()


def test_a_program_that_is_not_built(folder):
    folder.write("server.c", "")
    folder.replace("test.toml", 'c = "a test of the harness"\n', "")
    with folder.is_refused("client.c is missing"):
        folder.play()
    folder.write("client.c", "")
    assert "is it built" in folder.play()["c server, python client"]


def test_a_missing_language(folder):
    folder.replace("test.toml", 'rust = "a test of the harness"\n', "")
    with folder.is_refused("server.rs is missing, and test.toml does not say why"):
        folder.play()


def test_a_language_said_to_be_missing(folder):
    folder.write("server.rs", "")
    with folder.is_refused("server.rs exists, but test.toml says that it is missing"):
        folder.play()


def test_one_file_said_to_be_missing(folder):
    folder.replace("test.toml", 'java = "', '"server_net.py" = "')
    with folder.is_refused("client_net.py is missing"):
        folder.play()
    folder.write("client_net.py", CLIENT)
    assert folder.play()["python server, java client"] is None


DIAGRAM = "\n[diagram]\nlanguages = ['python', 'python']\n"


def test_a_diagram_that_no_run_is_like(folder):
    for file in ("server.py", "client.py"):
        folder.replace(file, "import socket, sys", "import sys, polysock as socket")
    folder.write("test.toml", TEST + DIAGRAM)
    folder.write("README.md", "")
    assert "README.md has no `<!-- diagram -->`" in folder.play()["diagram"]
    folder.write("README.md", "<!-- diagram -->\n<!-- end of diagram -->\n")
    assert "no run matches the diagram" in folder.play()["diagram"]
    tutorial = load(folder.path)
    diagrams.save(tutorial, *asyncio.run(plays.drawn_run(tutorial)))
    assert "L1->>L0: sendall → recv(100) 5 B" in (folder.path / "README.md").read_text()
    assert folder.play()["diagram"] is None
    folder.replace("client.py", 's.sendall(b"hello")', 's.sendall(b"hello"); s.shutdown(socket.SHUT_WR)')
    assert "shutdown(SHUT_WR)" in folder.play()["diagram"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TEST + DIAGRAM + "colour = 'red'", "unknown diagram.colour"),
        (TEST.replace("no_garbage", "no_gabage"), "unknown no_gabage"),
        ("client = ''\n" + MISSING, "needs `output`"),
        ("client =", "Invalid value"),
        (TEST + "cobol = 'no'", "no such language or file: cobol"),
    ],
)
def test_a_malformed_test(folder, text, message):
    folder.write("test.toml", text)
    with folder.is_refused(message):
        folder.play()


def test_garbage_kills_the_server(folder):
    folder.replace("server.py", "except OSError", "except ValueError")
    assert "died of an error that it did not handle" in folder.garbage()


def test_garbage_hangs_the_server(folder, limit_ends_once_started):
    folder.replace("server.py", "connection.set", "open('started', 'w'); connection.recv(1); connection.set")
    assert "did not end within 30 s" in folder.garbage()


def test_garbage_ends_the_server_without_a_message(folder):
    folder.replace("server.py", "sys.exit(str(error))", "sys.exit(1)")
    assert "ended without a message after a client that is silent" in folder.garbage()


def test_garbage_ends_a_server_that_should_live(folder):
    folder.replace("server.py", "settimeout(20)", "settimeout(0.2)")
    folder.replace("test.toml", 'no_garbage = "a test of the harness"', "")
    ended = "the (server takes no connection|(server|client) ended with exit code 1)"
    assert re.search(ended, folder.play()["python server fed garbage"])

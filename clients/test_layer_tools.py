"""curl, netcat, socat, Perl and Ruby over the layer below unchanged programs: they do what they do without it."""

import contextlib
import hashlib
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from layered import comparison  # noqa: F401
from processes import on_a_free_port, started

PERL = Path(__file__).resolve().parent / "layer" / "echo.pl"
RUBY = PERL.with_name("sockets.rb")
SECONDS = 30
LARGE = bytes(range(256)) * 12_000


def needs(*names):
    """The path of the first of these programs that exists, or the test is skipped."""
    for name in names:
        if path := shutil.which(name):
            return path
    pytest.skip(f"needs {names[0]}")


def digest(data):
    return len(data), hashlib.sha256(data).hexdigest()


@contextlib.contextmanager
def refusing_port():
    """A port on which nothing listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@contextlib.contextmanager
def silent_server():
    """The port of a server whose queue takes connections that it never serves."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_curl(comparison):  # noqa: F811
    curl = needs("curl")

    def judge(way):
        files = way.folder / "files"
        files.mkdir()
        (files / "large").write_bytes(LARGE)

        def start(port):
            words = ("-u", "-m", "http.server", port, "--bind", "127.0.0.1", "--directory", files)
            return started(way.command(sys.executable, *words), "Serving HTTP", signal.SIGINT)

        def get(*words):
            ended = way.run(curl, "--silent", "--max-time", "30", *words)
            return ended.returncode, digest(ended.stdout)

        found = {}
        with on_a_free_port(start) as (_, port), silent_server() as silent, refusing_port() as refusing:
            found["file"] = get(f"http://127.0.0.1:{port}/large")
            found["by name"] = get(f"http://localhost:{port}/large")
            found["head"] = get("--head", "--output", "/dev/null", "--fail", f"http://127.0.0.1:{port}/large")
            found["no such file"] = get("--fail", f"http://127.0.0.1:{port}/nothing")
            found["several at once"] = get("--parallel", *[f"http://127.0.0.1:{port}/large"] * 3)
            found["not taken"] = get("--data", "text", f"http://127.0.0.1:{port}/large", "--fail")
            found["nothing listens"] = get(f"http://127.0.0.1:{refusing}/")
            found["time limit"] = get("--max-time", "0.2", f"http://127.0.0.1:{silent}/")
            found["no such name"] = get("http://name.invalid/")
        return found

    found, findings = comparison.of(judge)
    assert found["file"] == found["by name"] == (0, digest(LARGE))
    assert found["no such file"][0] == found["not taken"][0] == 22
    assert found["nothing listens"][0] == 7
    assert found["time limit"][0] == 28
    assert found["no such name"][0] == 6
    assert not findings


@contextlib.contextmanager
def running(command, given, taken, ready=None):
    """A program from the line in which it says that it listens until it has ended; without one, from its beginning.

    It prints to a file. Its input is a file; without one, an input that has no end.
    """
    with open(taken, "wb") as out, contextlib.ExitStack() as stack:
        into = stack.enter_context(open(given, "rb")) if given else subprocess.PIPE
        process = subprocess.Popen(command, stdin=into, stdout=out, stderr=subprocess.PIPE, text=True)
        try:
            said = []
            for line in process.stderr if ready else ():
                said.append(line)
                if ready in line:
                    break
            else:
                if ready:
                    raise ChildProcessError("".join(said))
            yield SimpleNamespace(process=process, output=said)
            process.wait(SECONDS)
        finally:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stderr):
                if stream:
                    stream.close()


@pytest.mark.parametrize("name", ["nc.openbsd", "nc.traditional"])
def test_netcat(comparison, name):  # noqa: F811
    netcat = needs(name)
    is_openbsd = name == "nc.openbsd"
    # The sender ends its stream when its input ends; the receiver has none.
    to_send, to_receive = (["-N"], ["-d"]) if is_openbsd else (["-q", "0"], [])

    def judge(way):
        found = {}
        large, by_server, by_client = (way.folder / file for file in ("large", "by_server", "by_client"))
        large.write_bytes(LARGE)

        def play(title, where, server_sends, more=()):
            """One sends a file, the other one receives until the stream ends."""
            by_role = [(large, to_send), (None, to_receive)]
            (server_input, server_options), (client_input, client_options) = by_role if server_sends else by_role[::-1]

            def start(port):
                address = where(port)
                words = address if is_openbsd else ["-s", address[0], "-p", address[1]]
                command = way.command(netcat, "-l", "-v", "-n", *more, *server_options, *words)
                return running(command, server_input, by_server, "istening on")

            with on_a_free_port(start) as (server, port):
                command = way.command(netcat, "-n", *more, *client_options, *where(port))
                with running(command, client_input, by_client) as client:
                    pass
            taken = by_client if server_sends else by_server
            found[title] = client.process.returncode, server.process.returncode, digest(taken.read_bytes())

        def over_tcp(port):
            return "127.0.0.1", port

        play("3 MB to the server", over_tcp, server_sends=False)
        play("3 MB to the client", over_tcp, server_sends=True)
        if is_openbsd:
            play("over a Unix socket", lambda port: (way.folder / f"s{port}",), server_sends=True, more=("-U",))
        with silent_server() as silent, refusing_port() as refusing:
            found["a port that is open"] = way.run(netcat, "-n", "-z", "127.0.0.1", silent).returncode
            found["a port that is not"] = way.run(netcat, "-n", "-z", "127.0.0.1", refusing).returncode
        return found

    found, findings = comparison.of(judge)
    assert found["3 MB to the server"] == found["3 MB to the client"] == (0, 0, digest(LARGE))
    assert (found["a port that is open"], found["a port that is not"]) == (0, 1)
    assert set(findings) <= {"refused"}


def test_socat(comparison):  # noqa: F811
    socat = needs("socat")

    def judge(way):
        found = {}
        unix = way.folder / "s"

        def server(*words):
            return started(way.command(socat, "-d", "-d", *words), "listening on", signal.SIGTERM)

        def client(title, *words):
            ended = way.run(socat, "-t", "20", *words, input=LARGE)
            found[title] = ended.returncode, digest(ended.stdout)

        with server("TCP-LISTEN:0,bind=127.0.0.1,fork", "EXEC:cat") as echo:
            port = echo.output[-1].rpartition(":")[2].strip()
            client("a program behind a socket", "-", f"TCP:127.0.0.1:{port}")
            client("two streams", "-", f"TCP:127.0.0.1:{port},nodelay,keepalive,sndbuf=20000,rcvbuf=20000")
            with server("-t", "20", f"UNIX-LISTEN:{unix},fork", f"TCP:127.0.0.1:{port}") as relay:
                client("a relay", "-", f"UNIX-CONNECT:{unix}")
        found["ends"] = echo.process.returncode, relay.process.returncode
        with refusing_port() as refusing:
            found["nothing listens"] = way.run(socat, "-", f"TCP:127.0.0.1:{refusing}").returncode
        return found

    found, findings = comparison.of(judge)
    assert found["a program behind a socket"] == found["two streams"] == found["a relay"] == (0, digest(LARGE))
    assert found["nothing listens"] == 1
    # socat leaves closing to the end of the process.
    assert set(findings) == {"leaked", "refused"}


def test_perl(comparison):  # noqa: F811
    perl = needs("perl")

    def judge(way):
        with running(way.command(perl, PERL, "server"), "/dev/null", "/dev/null", "listening on") as server:
            port = server.output[-1].split()[-1]
            ended = way.run(perl, PERL, "client", port)
        return {
            "client": (ended.returncode, ended.stdout.decode(), ended.stderr.decode()),
            "server": server.process.returncode,
        }

    found, findings = comparison.of(judge)
    assert found == {
        "client": (0, "HELLO\nOVER PERL'S SOCKETS\n3072000 bytes back\nno connection: 111\n", ""),
        "server": 0,
    }
    assert set(findings) == {"refused"}


def test_ruby(comparison):  # noqa: F811
    ruby = needs("ruby")

    def judge(way):
        return dict(line.split(": ", 1) for line in way.output(ruby, RUBY, way.folder).splitlines())

    found, findings = comparison.of(judge)
    assert found == {
        "lines": "HELLO, OVER RUBY'S SOCKETS",
        "by name": "HELLO",
        "3 MB": "3072000 bytes, the same",
        "eight clients at once": " ".join(["198"] * 8),
        "a forked client": "FROM THE CHILD, 0",
        "without waiting": "wait_readable, now, 1",
        "a Unix socket": "3072000 bytes, the same",
        "a passed file": "text in a file",
        "datagrams": "1000 bytes, back",
        "a program on a socket": "through cat, 0",
        "HTTP": "true",
        "nothing listens": "Errno::ECONNREFUSED",
        "a time limit": "Timeout::Error",
        "a peer that has gone": "Errno::EPIPE",
        "closed by another thread": "IOError",
    }
    # Its connects do not wait: an option reports what refused them.
    assert set(findings) == {"write-after-end"}

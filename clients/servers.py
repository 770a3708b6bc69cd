"""Servers to talk to: Debian's where they are programs of their own, small ones in a thread otherwise."""

import contextlib
import functools
import glob
import http.server
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest
from types import SimpleNamespace

import check
import trustme

TRIES = 5


def free_port():
    """A port that was free a moment ago; a server that finds it taken is started again on another."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def program(name, *places):
    """The path of a program, or the case is skipped."""
    found = shutil.which(name)
    for place in places:
        found = found or next(iter(sorted(glob.glob(os.path.join(place, name)), reverse=True)), None)
    if not found:
        raise unittest.SkipTest(f"needs {name}")
    return found


def unprivileged():
    """For subprocess: another user than root, which some servers insist on."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def directory():
    """A short path, for Unix sockets, that the unprivileged user owns."""
    with tempfile.TemporaryDirectory() as place:
        if "user" in unprivileged():
            os.chown(place, unprivileged()["user"], unprivileged()["group"])
        yield place


@contextlib.contextmanager
def started(command, ready, stop, **options):
    """A process, from the line that says it is ready until it ended; ends at once when it fails to start."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # What a shell starts in the background ignores SIGINT, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **options,
    )
    output = []
    try:
        for line in process.stdout:
            output.append(line)
            if ready in line:
                break
        else:
            raise ChildProcessError("".join(output))
        drain = threading.Thread(target=lambda: output.extend(process.stdout))
        drain.start()
        yield SimpleNamespace(process=process, output=output)
        process.send_signal(stop)
        process.wait(20)
        drain.join(20)
    finally:
        process.kill()
        process.wait()


def on_a_free_port(start):
    """Enters start(port) until a port is really free."""
    for attempt in range(TRIES):
        stack = contextlib.ExitStack()
        port = free_port()
        try:
            stack.enter_context(start(port))
        except ChildProcessError as error:
            if attempt == TRIES - 1 or "in use" not in str(error):
                raise
        else:
            return stack, port
    raise AssertionError


@contextlib.contextmanager
def redis_server():
    """Yields its port and the path of its Unix socket."""
    redis = program("redis-server")
    with directory() as place:
        path = os.path.join(place, "s")
        stack, port = on_a_free_port(
            lambda port: started(
                [redis, "--bind", "127.0.0.1", "--port", str(port), "--unixsocket", path, "--save", "", "--dir", place],
                "Ready to accept connections",
                15,
                **unprivileged(),
            )
        )
        with stack:
            yield port, path


@contextlib.contextmanager
def postgres():
    """Yields its port, the path of its Unix socket, and a password."""
    places = ["/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin"]
    initdb, server = program("initdb", *places), program("postgres", *places)
    with directory() as place:
        data, password = os.path.join(place, "d"), os.path.join(place, "password")
        with open(password, "w") as file:
            file.write("open sesame\n")
        os.chmod(password, 0o644)
        command = [initdb, "-D", data, "-U", "tester", "--no-sync", "--no-locale", "-E", "UTF8"]
        command += ["-A", "scram-sha-256", f"--pwfile={password}"]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=False, cwd=place, **unprivileged()
        )
        assert done.returncode == 0, done.stderr
        stack, port = on_a_free_port(
            lambda port: started(
                [server, "-D", data, "-p", str(port), "-k", place, "-h", "127.0.0.1", "-F"],
                "ready to accept connections",
                2,
                cwd=place,
                **unprivileged(),
            )
        )
        with stack:
            yield port, os.path.join(place, f".s.PGSQL.{port}"), "open sesame"


@functools.cache
def certificates():
    """TLS contexts for both sides, and the authority's certificate as PEM."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return SimpleNamespace(server=server, client=client, pem=authority.cert_pem.bytes().decode())


@contextlib.contextmanager
def serving(server):
    """A server of the socketserver kind, in a thread."""
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Web(http.server.BaseHTTPRequestHandler):
    """GET /big, /chunks, /slow and anything; POST sends the body back."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/chunks":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for part in b"one", b"two", b"three":
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")
        elif self.path == "/never":
            self.server.asked.set()
            self.server.enough.wait(30)
            self.close_connection = True
        else:
            self.answer(check.BIG if self.path == "/big" else self.path.encode())

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def web(secure=False):
    """Yields an HTTP or HTTPS server, whose accepted sockets are checked, with its `url`."""

    class Server(http.server.ThreadingHTTPServer):
        def get_request(self):
            plain, address = self.socket.accept()
            check.ours(plain)
            return (certificates().server.wrap_socket(plain, server_side=True) if secure else plain), address

    server = Server(("127.0.0.1", 0), Web)
    server.asked, server.enough = threading.Event(), threading.Event()
    check.ours(server.socket)
    server.url = f"http{'s' if secure else ''}://localhost:{server.server_port}"
    with serving(server):
        yield server

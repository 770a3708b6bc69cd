"""Servers to talk to: Debian's where they are programs of their own, small ones in a thread otherwise."""

import contextlib
import functools
import http.server
import os
import ssl
import threading
from types import SimpleNamespace

import check
import trustme
from processes import POSTGRES, directory, new_cluster, on_a_free_port, program, started, unprivileged


@contextlib.contextmanager
def redis_server():
    """Yields its port and the path of its Unix socket."""
    redis = program("redis-server")
    with directory() as place:
        path = os.path.join(place, "s")
        with on_a_free_port(
            lambda port: started(
                [redis, "--bind", "127.0.0.1", "--port", str(port), "--unixsocket", path, "--save", "", "--dir", place],
                "Ready to accept connections",
                15,
                **unprivileged(),
            )
        ) as (_, port):
            yield port, path


@contextlib.contextmanager
def postgres():
    """Yields its port, the path of its Unix socket, and a password."""
    server = program("postgres", *POSTGRES)
    with directory() as place:
        data, password = new_cluster(place)
        with on_a_free_port(
            lambda port: started(
                [server, "-D", data, "-p", str(port), "-k", place, "-h", "127.0.0.1", "-F"],
                "ready to accept connections",
                2,
                cwd=place,
                **unprivileged(),
            )
        ) as (_, port):
            yield port, os.path.join(place, f".s.PGSQL.{port}"), password


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

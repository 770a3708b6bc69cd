"""gunicorn as a separate program: sync and threaded workers, and a graceful end. Ours by `python -m polysock run`."""

import concurrent.futures
import http.client
import re
import signal
import sys
from pathlib import Path

import check
import processes


def app(environ, start_response):
    """The application that the workers load."""
    sock = environ["gunicorn.socket"]
    body = environ["wsgi.input"].read() or f"{type(sock).__module__}.{type(sock).__name__}".encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def run():
    launcher = ["-m", "polysock", "run"] if check.module_in_use() == "polysock" else []
    for kind in "sync", "gthread":
        options = ["--workers", "2", "--threads", "2", "--worker-class", kind, "--bind", "127.0.0.1:0"]
        options += ["--pythonpath", str(Path(__file__).parents[1]), "--graceful-timeout", "10", "--no-control-socket"]
        command = [sys.executable, *launcher, "-m", "gunicorn", *options, "cases.gunicorn:app"]
        with processes.started(command, "Listening at", signal.SIGTERM) as server:
            port = int(re.search(r"http://127.0.0.1:(\d+)", "".join(server.output))[1])
            with concurrent.futures.ThreadPoolExecutor(4) as threads:
                assert set(threads.map(ask, [port] * 40)) == {f"{check.module_in_use()}.socket".encode()}
            assert ask(port, check.BIG) == check.BIG
        assert server.process.returncode == 0, "".join(server.output)
        assert "Traceback" not in "".join(server.output), "".join(server.output)


def ask(port, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST" if body else "GET", "/", body)
    check.ours(connection.sock)
    answer = connection.getresponse().read()
    connection.close()
    return answer

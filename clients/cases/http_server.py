"""http.server with http.client, urllib and xmlrpc: files, kept connections, the cost of a name, a program."""

import functools
import http.client
import http.server
import os
import re
import signal
import sys
import tempfile
import urllib.request
import xmlrpc.client
import xmlrpc.server

import check
import processes
import servers


class Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        check.ours(self.request)
        super().setup()

    def log_message(self, *_):
        pass


def run():
    with tempfile.TemporaryDirectory() as place:
        with open(os.path.join(place, "big"), "wb") as file:
            file.write(check.BIG)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=place))
        with servers.serving(server):
            files(server.server_port)
        program(place)
    procedures()


def files(port):
    client = http.client.HTTPConnection("localhost", port, timeout=20, source_address=("127.0.0.1", 0))
    client.connect()
    first = check.ours(client.sock)
    for _ in range(5):
        client.request("GET", "/big")
        answer = client.getresponse()
        assert answer.read() == check.BIG
    assert client.sock is first
    client.request("HEAD", "/nowhere")
    answer = client.getresponse()
    assert (answer.status, answer.read()) == (404, b"")
    client.close()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://localhost:{port}/big", timeout=20) as answer:
        assert answer.read() == check.BIG


def program(place):
    launcher = ["-m", "polysock", "run"] if check.module_in_use() == "polysock" else []
    command = [sys.executable, "-u", *launcher, "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", place]
    with processes.started(command, "Serving HTTP", signal.SIGINT) as server:
        port = int(re.search(r"port (\d+)", "".join(server.output))[1])
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        client.request("GET", "/big")
        assert client.getresponse().read() == check.BIG
        client.close()
    assert server.process.returncode == 0, "".join(server.output)


def procedures():
    with servers.serving(xmlrpc.server.SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False)) as server:
        check.ours(server.socket)
        server.register_function(lambda *numbers: sum(numbers), "add")
        with xmlrpc.client.ServerProxy(f"http://localhost:{server.server_address[1]}") as proxy:
            assert proxy.add(*range(1000)) == 499500

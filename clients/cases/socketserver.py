"""socketserver: threads and processes, TCP, UDP and Unix sockets, both handler classes."""

import concurrent.futures
import os
import socket
import socketserver
import tempfile

import check
import servers


class Stream(socketserver.StreamRequestHandler):
    timeout = 20
    disable_nagle_algorithm = True

    def setup(self):
        if self.request.family == socket.AF_UNIX:
            self.disable_nagle_algorithm = False
        super().setup()

    def handle(self):
        check.ours(self.request)
        for line in self.rfile:
            self.wfile.write(line.upper())


class Datagram(socketserver.DatagramRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.read().upper())


def run():
    with tempfile.TemporaryDirectory() as place:
        for kind in "Threading", "Forking":
            for family, address in ("TCP", ("127.0.0.1", 0)), ("UnixStream", os.path.join(place, kind)):
                mixin, base = (getattr(socketserver, name) for name in (f"{kind}MixIn", f"{family}Server"))
                with servers.serving(type("Server", (mixin, base), {})(address, Stream)) as server:
                    check.ours(server.socket)
                    with concurrent.futures.ThreadPoolExecutor(4) as threads:
                        assert all(threads.map(stream, [server] * 8))
            with servers.serving(getattr(socketserver, f"{kind}UDPServer")(("127.0.0.1", 0), Datagram)) as server:
                datagram(server)


def stream(server):
    with socket.socket(server.address_family) as sock:
        sock.settimeout(20)
        sock.connect(server.server_address)
        with check.ours(sock).makefile("rwb") as file:
            for number in range(20):
                file.write(b"line %d\n" % number)
                file.flush()
                assert file.readline() == b"LINE %d\n" % number
            sock.shutdown(socket.SHUT_WR)
            assert file.read() == b""
    return True


def datagram(server):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(20)
        for text in b"hello", b"x" * 8000:
            sock.sendto(text, server.server_address)
            assert sock.recvfrom(65536) == (text.upper(), server.server_address)

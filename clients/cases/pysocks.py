"""PySocks, which derives from the socket class and stands in for it, with requests through its proxy."""

import contextlib
import select
import socket
import socketserver
import struct

import check
import requests
import servers
import socks

real = socket.socket


class Proxy(socketserver.StreamRequestHandler):
    """SOCKS 5 without authentication: connect by IPv4 address or by name."""

    def handle(self):
        _version, methods = self.rfile.read(2)
        self.rfile.read(methods)
        self.wfile.write(b"\5\0")
        _version, command, _, kind = self.rfile.read(4)
        assert command == 1
        host = socket.inet_ntoa(self.rfile.read(4)) if kind == 1 else self.rfile.read(self.rfile.read(1)[0]).decode()
        (port,) = struct.unpack(">H", self.rfile.read(2))
        self.server.asked.append((host, port))
        with real() as onward:
            try:
                onward.connect((host, port))
            except ConnectionRefusedError:
                self.wfile.write(b"\5\5\0\1" + bytes(6))
                return
            self.wfile.write(b"\5\0\0\1" + bytes(6))
            self.relay(onward)

    def relay(self, onward):
        other = {self.connection: onward, onward: self.connection}
        while True:
            for readable in select.select(list(other), [], [], 30)[0]:
                data = readable.recv(65536)
                if not data:
                    return
                other[readable].sendall(data)


class Server(socketserver.ThreadingTCPServer):
    def get_request(self):
        connection, address = super().get_request()
        return check.ours(connection) if socket.socket is real else connection, address


def run():
    with real() as plain:
        check.ours(plain)
    assert issubclass(socks.socksocket, real)
    proxy = Server(("127.0.0.1", 0), Proxy)
    proxy.asked = []
    with servers.serving(proxy), servers.web() as web:
        one_socket(proxy, web)
        everything(proxy)
        proxies = {"http": f"socks5h://127.0.0.1:{proxy.server_address[1]}"}
        assert requests.get(f"{web.url}/big", proxies=proxies, timeout=20).content == check.BIG
    assert proxy.asked[-1] == ("localhost", web.server_port)


def one_socket(proxy, web):
    with socks.socksocket() as sock:
        sock.set_proxy(socks.SOCKS5, *proxy.server_address)
        sock.settimeout(20)
        sock.connect(("localhost", web.server_port))
        sock.sendall(b"GET /through HTTP/1.0\r\n\r\n")
        with sock.makefile("rb") as file:
            assert file.read().endswith(b"/through")
    with socks.socksocket() as sock, real() as deaf:
        deaf.bind(("127.0.0.1", 0))
        sock.set_proxy(socks.SOCKS5, *proxy.server_address)
        try:
            sock.connect(deaf.getsockname())
        except socks.GeneralProxyError as error:
            assert "refused" in str(error)
        else:
            raise AssertionError


def everything(proxy):
    """The whole program through the proxy: what is connected, accepted and paired is of the new class."""
    asked = len(proxy.asked)
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        socks.set_default_proxy(socks.SOCKS5, *proxy.server_address)
        stack.callback(socks.set_default_proxy)
        socket.socket = socks.socksocket
        stack.callback(setattr, socket, "socket", real)
        client = stack.enter_context(socket.create_connection(listener.getsockname(), 20))
        server = stack.enter_context(listener.accept()[0])
        pair = [stack.enter_context(sock) for sock in socket.socketpair()]
        assert {type(sock) for sock in (client, server, *pair)} == {socks.socksocket}
        client.sendall(b"through")
        assert server.recv(100) == b"through"
    assert len(proxy.asked) == asked + 1

"""The callback server, which sends back what it receives, on a loopback port."""

from base import ABSENT
from values import Malformed

MAX_PIECE = 4096


class Serves:
    """The commands for the callback server. A driver has make_server(), which starts one and returns it with its port."""

    def __init__(self):
        super().__init__()
        self.servers = {}

    def do_reset(self):
        with self.lock:
            servers, self.servers = self.servers, {}
        for server in servers.values():
            self.stop_server(server, 0)
        super().do_reset()

    def do_serve(self, name, places=100, idle=None, handler=None):
        limits = {key: int(ms) / 1000 for key, ms in (("idle_timeout", idle), ("handler_timeout", handler)) if ms is not None}
        server, port = self.make_server(echo, max_connections=int(places), **limits)
        with self.lock:
            self.servers[name] = server
        return f"port={port}"

    def do_serving(self, name):
        server = self.server(name)
        handled, resets, idle, overdue = self.counts_of(server)
        connections = self.connections_of(server)
        return f"connections={connections} handled={handled} resets={resets} idle={idle} overdue={overdue}"

    def do_stop(self, name, timeout=ABSENT):
        return f"running={self.stop_server(self.server(name), None if timeout is ABSENT else timeout)}"

    def server(self, name):
        with self.lock:
            if name not in self.servers:
                raise Malformed(f"no server {name}")
            return self.servers[name]

    # What is called differently in Java style.

    def stop_server(self, server, timeout):
        return server.stop(timeout)

    def counts_of(self, server):
        return server.stats

    def connections_of(self, server):
        return server.connections


def echo(connection, _address):
    while data := connection.recv(MAX_PIECE):
        connection.sendall(data)

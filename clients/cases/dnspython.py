"""dnspython against a small server: UDP, TCP after a truncated answer, a resolver, asyncio."""

import asyncio
import contextlib
import socket
import socketserver

import check
import dns.asyncquery
import dns.asyncresolver
import dns.flags
import dns.message
import dns.query
import dns.resolver
import dns.rrset
import processes
import servers


def answer(wire, stream):
    query = dns.message.from_wire(wire)
    name = query.question[0].name
    response = dns.message.make_response(query)
    if name.to_text() == "nowhere.test.":
        response.set_rcode(dns.rcode.NXDOMAIN)
    elif name.to_text() == "large.test." and not stream:
        response.flags |= dns.flags.TC
    else:
        count = 50 if name.to_text() == "large.test." else 1
        response.answer = [dns.rrset.from_text(name, 60, "IN", "A", *(f"192.0.2.{n + 1}" for n in range(count)))]
    return response.to_wire()


class Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        wire, sock = self.request
        sock.sendto(answer(wire, False), self.client_address)


class Stream(socketserver.StreamRequestHandler):
    def handle(self):
        check.ours(self.request)
        while length := self.rfile.read(2):
            response = answer(self.rfile.read(int.from_bytes(length, "big")), True)
            self.wfile.write(len(response).to_bytes(2, "big") + response)


def servers_on_one_port():
    """For UDP and TCP: what is free for one may not be for the other."""
    for _ in range(processes.TRIES):
        udp = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Datagram)
        try:
            return udp, socketserver.ThreadingTCPServer(udp.server_address, Stream)
        except OSError:
            udp.server_close()
    raise AssertionError


def run():
    udp, tcp = servers_on_one_port()
    check.ours(udp.socket)
    port = udp.server_address[1]
    with contextlib.ExitStack() as stack:
        stack.enter_context(servers.serving(udp))
        stack.enter_context(servers.serving(tcp))
        queries(port)
        resolver(port)
        asyncio.run(asyncio.wait_for(loop(port), 60))


def queries(port):
    query = dns.message.make_query("small.test", "A")
    where = {"where": "127.0.0.1", "port": port, "timeout": 20}
    assert dns.query.udp(query, **where).answer[0][0].address == "192.0.2.1"
    assert dns.query.tcp(query, **where).answer[0][0].address == "192.0.2.1"
    large = dns.message.make_query("large.test", "A")
    response, used_tcp = dns.query.udp_with_fallback(large, **where)
    assert used_tcp
    assert len(response.answer[0]) == 50
    with dns.query.make_socket(socket.AF_INET, socket.SOCK_DGRAM) as mine:
        check.ours(mine)
        assert dns.query.udp(query, **where, sock=mine).answer[0][0].address == "192.0.2.1"
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with silent:
        silent.bind(("127.0.0.1", 0))
        try:
            dns.query.udp(query, "127.0.0.1", 0.2, silent.getsockname()[1])
        except dns.exception.Timeout:
            pass
        else:
            raise AssertionError


def resolver(port):
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], port
    assert len(resolver.resolve("large.test", "A")) == 50
    try:
        resolver.resolve("nowhere.test", "A")
    except dns.resolver.NXDOMAIN:
        pass
    else:
        raise AssertionError


async def loop(port):
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], port
    assert len(await resolver.resolve("large.test", "A")) == 50
    assert len(await resolver.resolve("small.test", "A")) == 1

"""Twisted: TCP, UDP and Unix sockets in its reactor, and a listener that was made elsewhere."""

import os
import socket
import tempfile

import check
from twisted.internet import defer, endpoints, protocol, reactor, task
from twisted.protocols import basic


def run():
    try:
        task.react(lambda _: defer.ensureDeferred(main()))
    except SystemExit as done:
        assert not done.code, done


class Echo(basic.LineReceiver):
    MAX_LENGTH = 1 << 20

    def connectionMade(self):
        check.ours(self.transport.socket)

    def lineReceived(self, line):
        self.sendLine(line[::-1])


class Client(Echo):
    def __init__(self):
        self.answers = defer.DeferredQueue()
        self.lost = defer.Deferred()

    def lineReceived(self, line):
        self.answers.put(line)

    def connectionLost(self, reason):
        self.lost.callback(None)


class Datagrams(protocol.DatagramProtocol):
    def __init__(self):
        self.got = defer.Deferred()

    def datagramReceived(self, datagram, address):
        if datagram == b"ping":
            self.transport.write(b"pong", address)
        else:
            self.got.callback(datagram)


async def main():
    server = protocol.Factory.forProtocol(Echo)
    port = reactor.listenTCP(0, server, interface="127.0.0.1")
    check.ours(port.socket)
    await lines(endpoints.TCP4ClientEndpoint(reactor, "localhost", port.getHost().port, timeout=20))
    await port.stopListening()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        port = reactor.adoptStreamPort(listener.fileno(), socket.AF_INET, server)
    await lines(endpoints.HostnameEndpoint(reactor, "localhost", port.getHost().port, timeout=20))
    await port.stopListening()

    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "s")
        port = reactor.listenUNIX(path, server)
        await lines(endpoints.UNIXClientEndpoint(reactor, path, timeout=20))
        await port.stopListening()

    ponger, pinger = Datagrams(), Datagrams()
    here = reactor.listenUDP(0, ponger, interface="127.0.0.1")
    there = reactor.listenUDP(0, pinger, interface="127.0.0.1")
    check.ours(here.socket)
    pinger.transport.write(b"ping", ("127.0.0.1", here.getHost().port))
    assert await pinger.got.addTimeout(20, reactor) == b"pong"
    await here.stopListening()
    await there.stopListening()


async def lines(endpoint):
    client = await endpoints.connectProtocol(endpoint, Client())
    for line in b"abc", b"", check.BIG[:500_000].replace(b"\r\n", b""):
        client.sendLine(line)
        assert await client.answers.get().addTimeout(20, reactor) == line[::-1]
    client.transport.loseConnection()
    await client.lost

"""What sockets say of themselves before, while and after (rows 6, 14, 15, 25, 27)."""

from java.twin import Pair, act, show, text

from polysock.net import InetSocketAddress, ServerSocket, Socket


def flags(s):
    return (
        f"bound={text(s.isBound())} connected={text(s.isConnected())} closed={text(s.isClosed())} "
        f"in={text(s.isInputShutdown())} out={text(s.isOutputShutdown())}"
    )


def run():
    fresh = Socket()
    show("fresh.flags", lambda: flags(fresh))
    show("fresh.text", lambda: fresh)
    show("fresh.port", lambda: fresh.getPort())
    show("fresh.localPort", lambda: fresh.getLocalPort())
    show("fresh.address", lambda: fresh.getInetAddress())
    show("fresh.localAddress", lambda: fresh.getLocalAddress())
    show("fresh.remote", lambda: fresh.getRemoteSocketAddress())
    show("fresh.local", lambda: fresh.getLocalSocketAddress())
    show("fresh.channel", lambda: fresh.getChannel())
    show("fresh.input", lambda: fresh.getInputStream())
    show("fresh.output", lambda: fresh.getOutputStream())
    act("fresh.shutdownInput", lambda: fresh.shutdownInput())
    act("fresh.shutdownOutput", lambda: fresh.shutdownOutput())
    act("fresh.urgent", lambda: fresh.sendUrgentData(1))
    act("fresh.bind", lambda: fresh.bind(None))
    show("bound.flags", lambda: flags(fresh))
    show("bound.hasPort", lambda: fresh.getLocalPort() > 0)
    show("bound.localAddress", lambda: fresh.getLocalAddress())
    show("bound.text", lambda: fresh)
    act("bound.bind", lambda: fresh.bind(None))
    act("bound.close", lambda: fresh.close())
    show("closed.flags", lambda: flags(fresh))
    act("closed.connect", lambda: fresh.connect(InetSocketAddress("127.0.0.1", 1)))
    act("closed.again", lambda: fresh.close())
    unused = Socket()
    unused.close()
    show("unused.flags", lambda: flags(unused))
    act("unused.bind", lambda: unused.bind(None))
    show("unused.nodelay", lambda: unused.getTcpNoDelay())

    with ServerSocket(0) as gone:
        nobody = gone.getLocalPort()
    refused = Socket()
    act("refused.connect", lambda: refused.connect(InetSocketAddress("127.0.0.1", nobody)))
    show("refused.flags", lambda: flags(refused))
    act("refused.again", lambda: refused.connect(InetSocketAddress("127.0.0.1", nobody)))
    show("refused.constructor", lambda: Socket("127.0.0.1", nobody))
    unresolved = Socket()
    act("unresolved.connect", lambda: unresolved.connect(InetSocketAddress.createUnresolved("nowhere", 80)))
    show("unresolved.flags", lambda: flags(unresolved))
    act("unresolved.bind", lambda: Socket().bind(InetSocketAddress.createUnresolved("nowhere", 80)))

    pair = Pair()
    client = pair.client
    port = client.getPort()
    local = client.getLocalPort()
    show("connected.flags", lambda: flags(client))
    show("connected.address", lambda: client.getInetAddress())
    show("connected.localAddress", lambda: client.getLocalAddress())
    show("connected.accepted", lambda: f"{pair.server.getInetAddress()} {pair.server.getLocalAddress()}")
    show("connected.ports", lambda: pair.server.getPort() == local and pair.server.getLocalPort() == port)
    show("connected.remote", lambda: client.getRemoteSocketAddress() == InetSocketAddress("127.0.0.1", port))
    show("connected.text", lambda: client.toString().replace(str(port), "P").replace(str(local), "L"))
    act("connected.connect", lambda: client.connect(InetSocketAddress("127.0.0.1", port)))
    act("connected.bind", lambda: client.bind(None))
    show(
        "connected.sameStreams",
        lambda: (
            client.getInputStream() is client.getInputStream() and client.getOutputStream() is client.getOutputStream()
        ),
    )
    pair.close()
    show("after.flags", lambda: flags(client))
    show("after.address", lambda: client.getInetAddress())
    show("after.ports", lambda: client.getPort() == port and client.getLocalPort() == local)
    show("after.localAddress", lambda: client.getLocalAddress())
    show("after.text", lambda: client.toString().replace(str(port), "P").replace(str(local), "L"))
    show("after.input", lambda: client.getInputStream())
    show("after.output", lambda: client.getOutputStream())
    act("after.shutdownInput", lambda: client.shutdownInput())
    act("after.shutdownOutput", lambda: client.shutdownOutput())
    show("after.timeout", lambda: client.getSoTimeout())
    show("after.linger", lambda: client.getSoLinger())
    act("after.setNodelay", lambda: client.setTcpNoDelay(True))
    act("after.setTimeout", lambda: client.setSoTimeout(1))
    act("after.setBuffer", lambda: client.setSendBufferSize(1000))
    act("after.setTrafficClass", lambda: client.setTrafficClass(0))
    act("after.urgent", lambda: client.sendUrgentData(0))

    listener = ServerSocket()
    show(
        "listener.fresh",
        lambda: (
            f"{text(listener.isBound())} {listener.getLocalPort()} {text(listener.getInetAddress())} "
            f"{text(listener.getLocalSocketAddress())} {listener}"
        ),
    )
    show("listener.accept", lambda: listener.accept())
    act("listener.bindUnresolved", lambda: listener.bind(InetSocketAddress.createUnresolved("nowhere", 80)))
    listener.bind(None)
    show("listener.address", lambda: listener.getInetAddress())
    act("listener.bind", lambda: listener.bind(None))
    at = str(listener.getLocalPort())
    show("listener.text", lambda: listener.toString().replace(at, "P"))
    show("listener.local", lambda: listener.getLocalSocketAddress().toString().replace(at, "P"))
    show("listener.inUse", lambda: ServerSocket(listener.getLocalPort()))
    listener.close()
    show(
        "listener.closed",
        lambda: (
            f"{text(listener.isBound())} {text(listener.isClosed())} {listener.getInetAddress()} "
            + listener.toString().replace(at, "P")
        ),
    )
    show("listener.closedAccept", lambda: listener.accept())
    show("listener.closedTimeout", lambda: listener.getSoTimeout())
    act("listener.closedBind", lambda: listener.bind(None))
    act("listener.closedAgain", lambda: listener.close())

"""Addresses (rows 17, 26, 27, 28, 35, 36)."""

from java.twin import show, text

from polysock.net import (
    Inet4Address,
    Inet6Address,
    InetAddress,
    InetSocketAddress,
    NetworkInterface,
    ServerSocket,
    Socket,
)

TEXTS = (
    "127.0.0.1 0.0.0.0 169.254.1.2 10.1.2.3 172.16.0.1 172.32.0.1 192.168.1.1 8.8.8.8 224.0.0.1 224.0.1.1 239.192.0.1 "
    "239.255.0.1 238.1.1.1 255.255.255.255 ::1 :: fe80::1 fec0::1 fc00::1 2001:db8::1 ff01::1 ff02::1 ff05::1 ff08::1 "
    "ff0e::1"
)


def kinds(a):
    groups = (a.isMCGlobal(), a.isMCNodeLocal(), a.isMCLinkLocal(), a.isMCSiteLocal(), a.isMCOrgLocal())
    return (
        f"any={text(a.isAnyLocalAddress())} loop={text(a.isLoopbackAddress())} link={text(a.isLinkLocalAddress())} "
        f"site={text(a.isSiteLocalAddress())} mc={text(a.isMulticastAddress())} {''.join(map(text, groups))}"
    )


def run():
    for written in TEXTS.split():
        address, name = InetAddress.getByName(written), written.replace(":", "_")
        show(f"kinds.{name}", lambda address=address: kinds(address))
        show(
            f"text.{name}",
            lambda address=address: f"{address} {address.getHostAddress()} {address.hashCode()}",
        )
    show("null", lambda: InetAddress.getByName(None))
    show("empty", lambda: InetAddress.getByName(""))
    show("short", lambda: InetAddress.getByName("127.1"))
    show("brackets", lambda: InetAddress.getByName("[::1]"))
    show("mapped", lambda: InetAddress.getByName("::ffff:1.2.3.4"))
    show("mapped.class", lambda: isinstance(InetAddress.getByName("::ffff:1.2.3.4"), Inet4Address))
    show("v6.class", lambda: isinstance(InetAddress.getByName("::1"), Inet6Address))
    show("localhost", lambda: InetAddress.getByName("localhost"))
    show("localhost.name", lambda: InetAddress.getByName("localhost").getHostName())
    show("loopback", lambda: InetAddress.getLoopbackAddress())
    show("reverse", lambda: InetAddress.getByName("127.0.0.1").getHostName())
    show("bytes", lambda: len(InetAddress.getByName("1.2.3.4").getAddress()))
    show("byAddress", lambda: InetAddress.getByAddress(bytes([1, 2, 3, 4])))
    show("byAddress.name", lambda: InetAddress.getByAddress("name", bytes([1, 2, 3, 4])))
    show("byAddress.wrong", lambda: InetAddress.getByAddress(bytes(3)))
    show("equal", lambda: InetAddress.getByName("localhost").equals(InetAddress.getByName("127.0.0.1")))
    show("notEqual", lambda: InetAddress.getByName("::1").equals(InetAddress.getByName("127.0.0.1")))
    show("unknown", lambda: InetAddress.getByName("no.such.host.invalid").toString())
    show("unknown.socket", lambda: Socket("no.such.host.invalid", 80))
    show("reachable", lambda: InetAddress.getByName("127.0.0.1").isReachable(1000))
    show("reachable.negative", lambda: InetAddress.getByName("127.0.0.1").isReachable(-1))
    show("scope", lambda: InetAddress.getByName("fe80::1%1").getScopeId())
    show("scope.text", lambda: InetAddress.getByName("fe80::1%1"))

    show("socket.port", lambda: InetSocketAddress(80))
    show("socket.null", lambda: InetSocketAddress(None, 80))
    show("socket.localhost", lambda: InetSocketAddress("localhost", 80))
    show("socket.v4", lambda: InetSocketAddress("1.2.3.4", 80))
    show("socket.v6", lambda: InetSocketAddress("::1", 80))
    show("socket.hostString", lambda: InetSocketAddress("1.2.3.4", 80).getHostString())
    show("socket.hostString.name", lambda: InetSocketAddress("localhost", 80).getHostString())
    show("socket.unknown", lambda: InetSocketAddress("no.such.host.invalid", 80))
    show("socket.unresolved", lambda: InetSocketAddress.createUnresolved("host", 80))

    def facts():
        a = InetSocketAddress.createUnresolved("host", 80)
        return f"{text(a.isUnresolved())} {text(a.getAddress())} {a.getHostName()} {a.getHostString()} {a.getPort()}"

    show("socket.unresolved.facts", facts)
    show("socket.equal", lambda: InetSocketAddress("localhost", 80).equals(InetSocketAddress("127.0.0.1", 80)))
    show("socket.notEqual", lambda: InetSocketAddress("127.0.0.1", 81).equals(InetSocketAddress("127.0.0.1", 80)))
    unresolved = InetSocketAddress.createUnresolved
    show("socket.equalUnresolved", lambda: unresolved("Host", 80).equals(unresolved("hOST", 80)))
    show("port.negative", lambda: InetSocketAddress(-1))
    show("port.large", lambda: InetSocketAddress("127.0.0.1", 65_536))
    show("port.unresolved", lambda: InetSocketAddress.createUnresolved("host", 65_536))
    show("port.socket", lambda: Socket("127.0.0.1", 65_536))
    show("port.listener", lambda: ServerSocket(65_536))
    show("connect.null", lambda: Socket().connect(None))

    with ServerSocket(0) as listener:
        port = listener.getLocalPort()
        show("wildcard", lambda: listener.getInetAddress())

        def dual(to):
            with Socket() as client:
                client.connect(InetSocketAddress(to, port), 5000)
                with listener.accept() as server:
                    return f"{server.getInetAddress()} {server.getLocalAddress()} {client.getLocalAddress()}"

        for to in ("127.0.0.1", "::1", "0.0.0.0", "::", "localhost"):
            show(f"dual.{to.replace(':', '_')}", lambda to=to: dual(to))

        def from_there():
            start = InetAddress.getByName("127.0.0.1")
            with Socket("127.0.0.1", port, start, 0) as client, listener.accept() as server:
                return f"{client.getLocalAddress()} {server.getInetAddress()}"

        show("constructor.from", from_there)

        def by_address():
            with Socket(InetAddress.getByName("localhost"), port) as client, listener.accept():
                remote = client.getRemoteSocketAddress().toString().replace(str(port), "P")
                return f"{client.getInetAddress()} {remote}"

        show("constructor.address", by_address)

        def by_null():
            with Socket(None, port) as client, listener.accept() as server:
                return f"{client.getInetAddress()} {server.getInetAddress()}"

        show("constructor.null", by_null)
    with ServerSocket(0, 5, InetAddress.getByName("127.0.0.1")) as listener:
        show("listener.address", lambda: listener.getInetAddress())
    with ServerSocket() as listener:
        listener.bind(InetSocketAddress("::1", 0))
        show("listener.v6", lambda: listener.getInetAddress())
    lo = NetworkInterface.getByName("lo")
    facts_of_lo = (lo.isLoopback, lo.isUp, lo.isPointToPoint, lo.supportsMulticast)
    show(
        "interface",
        lambda: f"{lo} {lo.getName()} {lo.getDisplayName()} {''.join(text(fact()) for fact in facts_of_lo)}",
    )
    show("interface.none", lambda: NetworkInterface.getByName("nope"))
    show("interface.index", lambda: NetworkInterface.getByIndex(lo.getIndex()) == lo)
    show("interface.negative", lambda: NetworkInterface.getByIndex(-1))
    show("interface.address", lambda: NetworkInterface.getByInetAddress(InetAddress.getByName("127.0.0.1")).getName())

"""UDP (rows 29, 30, 31)."""

from java.twin import act, show, text

from polysock.net import (
    DatagramPacket,
    DatagramSocket,
    InetAddress,
    InetSocketAddress,
    MulticastSocket,
    NetworkInterface,
    StandardSocketOptions,
)


def names(options):
    return " ".join(sorted(option.name() for option in options))


def words(packet):
    start = packet.getOffset()
    return f"{packet.getLength()} {bytes(packet.getData()[start : start + packet.getLength()]).decode()}"


def facts(s, *methods):
    return " ".join(text(getattr(s, method)()) for method in methods)


def run():
    here = InetAddress.getByName("127.0.0.1")
    unbound = DatagramSocket(None)
    everything = ["isBound", "getLocalPort", "getLocalAddress", "getPort", "getInetAddress", "getLocalSocketAddress"]
    show("unbound", lambda: facts(unbound, *everything, "getRemoteSocketAddress"))
    show("unbound.broadcast", lambda: unbound.getBroadcast())
    show("unbound.reuse", lambda: unbound.getReuseAddress())
    show("unbound.buffers", lambda: f"{unbound.getSendBufferSize()} {unbound.getReceiveBufferSize()}")
    show("unbound.timeout", lambda: unbound.getSoTimeout())
    show("unbound.traffic", lambda: (unbound.setTrafficClass(0x13), unbound.getTrafficClass())[1])
    act("unbound.sendBuffer", lambda: unbound.setSendBufferSize(0))
    act("unbound.receiveBuffer", lambda: unbound.setReceiveBufferSize(-1))
    show("unbound.broadcastOff", lambda: (unbound.setBroadcast(False), unbound.getBroadcast())[1])
    act("unbound.bindUnresolved", lambda: unbound.bind(InetSocketAddress.createUnresolved("nowhere", 80)))
    act("unbound.bind", lambda: unbound.bind(None))
    act("bound.bind", lambda: unbound.bind(None))
    unbound.close()

    receiver = DatagramSocket(0, here)
    sender = DatagramSocket()
    port = receiver.getLocalPort()
    show("fresh.bound", lambda: f"{text(sender.isBound())} {text(sender.getLocalPort() > 0)}")
    show("fresh.address", lambda: receiver.getLocalAddress())
    show("inUse", lambda: DatagramSocket(port, here))
    show("port.large", lambda: DatagramSocket(65_536))

    show("packet.length", lambda: DatagramPacket(bytearray(3), 4))
    show("packet.negative", lambda: DatagramPacket(bytearray(3), -1))
    show("packet.offset", lambda: DatagramPacket(bytearray(3), 2, 2))
    show("packet.port", lambda: DatagramPacket(bytearray(3), 3, here, 70_000))

    def packet_facts():
        p = DatagramPacket(bytearray(9), 2, 5)
        start = f"{p.getLength()} {p.getOffset()} {text(p.getAddress())} {p.getPort()}"
        return f"{start} {len(p.getData())} {p.getSocketAddress()}"

    show("packet.facts", packet_facts)
    act("packet.setLength", lambda: DatagramPacket(bytearray(9), 2, 5).setLength(8))
    act("packet.setPort", lambda: DatagramPacket(bytearray(9), 2, 5).setPort(-1))

    def set_data():
        p = DatagramPacket(bytearray(9), 2, 5)
        p.setData(bytearray(3))
        return f"{p.getLength()} {p.getOffset()}"

    show("packet.setData", set_data)
    unresolved = InetSocketAddress.createUnresolved("nowhere", 80)
    show("packet.unresolved", lambda: DatagramPacket(bytearray(3), 3, unresolved))

    act("send.nowhere", lambda: sender.send(DatagramPacket(bytes(3), 3)))
    act("send.port0", lambda: sender.send(DatagramPacket(bytes(3), 3, here, 0)))
    room = DatagramPacket(bytearray(20), 2, 5)
    for word in (b"hello", b"longer than the room", b"", b"again!"):
        sender.send(DatagramPacket(word, len(word), here, port))
        receiver.receive(room)
        show(f"receive.length{len(word)}", lambda: words(room))
    show("receive.sender", lambda: f"{room.getAddress()} {text(room.getPort() == sender.getLocalPort())}")
    room.setLength(18)
    sender.send(DatagramPacket(b".whole.", 1, 5, here, port))
    receiver.receive(room)
    show("receive.part", lambda: words(room))

    act("connect.address", lambda: sender.connect(here, port))
    show(
        "connect.facts",
        lambda: (
            f"{text(sender.isConnected())} {sender.getInetAddress()} {text(sender.getPort() == port)} "
            f"{text(sender.getRemoteSocketAddress() == InetSocketAddress('127.0.0.1', port))}"
        ),
    )
    act("connect.other", lambda: sender.send(DatagramPacket(bytes(3), 3, here, 1)))

    def send_connected():
        p = DatagramPacket(b"connected", 9)
        sender.send(p)
        receiver.receive(room)
        return f"{words(room)} {p.getAddress()} {text(p.getPort() == port)}"

    show("connect.send", send_connected)

    def filters():
        with DatagramSocket() as stranger:
            stranger.send(DatagramPacket(bytes(1), 1, here, sender.getLocalPort()))
            sender.setSoTimeout(50)
            sender.receive(DatagramPacket(bytearray(1), 1))
            return "received"

    show("connect.filters", filters)
    own = sender.getLocalPort()
    sender.disconnect()
    show(
        "disconnect.facts", lambda: facts(sender, "isConnected", "getInetAddress", "getPort", "getRemoteSocketAddress")
    )
    show("disconnect.port", lambda: sender.getLocalPort() == own)

    def receives():
        with DatagramSocket() as stranger:
            stranger.send(DatagramPacket(b"hi", 2, here, own))
            sender.receive(room)
            return words(room)

    show("disconnect.receives", receives)
    act("disconnect.again", lambda: sender.disconnect())

    def drops_others():
        with DatagramSocket() as stranger:
            stranger.send(DatagramPacket(b"early", 5, here, own))
            sender.connect(InetSocketAddress("127.0.0.1", port))
            sender.setSoTimeout(50)
            sender.receive(room)
            return words(room)

    show("connect.dropsOthers", drops_others)
    receiver.close()

    def unreachable():
        sender.setSoTimeout(5000)
        sender.send(DatagramPacket(bytes(1), 1))
        sender.receive(room)
        return words(room)

    show("unreachable", unreachable)
    act("connect.null", lambda: sender.connect(None))
    act("connect.unresolved", lambda: sender.connect(unresolved))
    act("connect.port", lambda: sender.connect(here, 65_536))
    sender.close()
    afterwards = "isBound isClosed isConnected getLocalPort getLocalAddress getInetAddress getLocalSocketAddress"
    show("closed", lambda: facts(sender, *afterwards.split()))
    act("closed.send", lambda: sender.send(DatagramPacket(bytes(1), 1)))
    act("closed.receive", lambda: sender.receive(room))
    show("closed.timeout", lambda: sender.getSoTimeout())
    act("closed.buffer", lambda: sender.setSendBufferSize(1000))
    act("closed.bind", lambda: sender.bind(None))
    act("closed.disconnect", lambda: sender.disconnect())
    act("closed.again", lambda: sender.close())

    with DatagramSocket() as s:
        show("supported", lambda: names(s.supportedOptions()))

        def ttl():
            s.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 9)
            return s.getOption(StandardSocketOptions.IP_MULTICAST_TTL)

        show("option.ttl", ttl)
        act("option.ttlLarge", lambda: s.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 256))
        show("option.loop", lambda: s.getOption(StandardSocketOptions.IP_MULTICAST_LOOP))
        show("option.interface", lambda: s.getOption(StandardSocketOptions.IP_MULTICAST_IF))
        show("option.broadcast", lambda: s.getOption(StandardSocketOptions.SO_BROADCAST))
        act("option.foreign", lambda: s.setOption(StandardSocketOptions.TCP_NODELAY, True))

    loopback = NetworkInterface.getByName("lo")
    group = InetAddress.getByName("239.255.77.7")
    member = InetSocketAddress(group, 0)
    with MulticastSocket(0) as m, MulticastSocket(m.getLocalPort()) as other, DatagramSocket() as plain:
        show(
            "multicast.defaults",
            lambda: facts(m, "getReuseAddress", "getTimeToLive", "getLoopbackMode", "getBroadcast"),
        )
        show("multicast.ttl", lambda: (m.setTimeToLive(7), m.getTimeToLive())[1])
        act("multicast.ttlLarge", lambda: m.setTimeToLive(256))

        def loop():
            m.setLoopbackMode(True)
            off = m.getOption(StandardSocketOptions.IP_MULTICAST_LOOP)
            m.setLoopbackMode(False)
            return f"{text(m.getLoopbackMode())} {text(off)}"

        show("multicast.loop", loop)
        show("multicast.noInterface", m.getInterface)
        show(
            "multicast.interfaceAddress",
            lambda: (m.setInterface(here), f"{text(m.getInterface())} {text(m.getNetworkInterface())}")[1],
        )
        act("multicast.unknownAddress", lambda: m.setInterface(InetAddress.getByName("203.0.113.9")))
        act("multicast.nullAddress", lambda: m.setInterface(None))
        show("multicast.interface", lambda: (m.setNetworkInterface(loopback), m.getNetworkInterface())[1])
        act("multicast.notAGroup", lambda: m.joinGroup(InetSocketAddress(here, 0), loopback))
        act("multicast.join", lambda: m.joinGroup(member, loopback))
        act("multicast.joinAgain", lambda: m.joinGroup(member, loopback))
        plain.setOption(StandardSocketOptions.IP_MULTICAST_IF, loopback)

        def receive():
            plain.send(DatagramPacket(b"to all", 6, group, m.getLocalPort()))
            m.setSoTimeout(5000)
            m.receive(room)
            return words(room)

        show("multicast.receive", receive)

        def not_joined():
            other.setSoTimeout(50)
            other.receive(room)
            return words(room)

        show("multicast.notJoined", not_joined)
        act("multicast.leave", lambda: m.leaveGroup(member, loopback))
        act("multicast.leaveAgain", lambda: m.leaveGroup(member, loopback))

        def join_and_leave():
            plain.joinGroup(member, loopback)
            plain.leaveGroup(member, loopback)

        act("multicast.datagramSocket", join_and_leave)
        act("multicast.null", lambda: m.joinGroup(None, loopback))
        act("multicast.nullInterface", lambda: m.setNetworkInterface(None))

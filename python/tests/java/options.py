"""Options (rows 4, 16, 19, 20, 21, 22, 23)."""

from java.twin import act, show

from polysock.net import ExtendedSocketOptions, InetSocketAddress, ServerSocket, Socket, StandardSocketOptions


def names(options):
    return " ".join(sorted(option.name() for option in options))


def put(get, set_, *values):
    """Sets an option and reads it."""
    set_(*values)
    return get()


def run():
    s = Socket()
    show("linger.fresh", lambda: s.getSoLinger())
    show("linger.set", lambda: put(s.getSoLinger, s.setSoLinger, True, 7))
    show("linger.cap", lambda: put(s.getSoLinger, s.setSoLinger, True, 100_000))
    show("linger.zero", lambda: put(s.getSoLinger, s.setSoLinger, True, 0))
    show("linger.off", lambda: put(s.getSoLinger, s.setSoLinger, False, -5))
    act("linger.negative", lambda: s.setSoLinger(True, -1))

    def option(which, value):
        s.setOption(which, value)
        return s.getOption(which)

    show("linger.option", lambda: option(StandardSocketOptions.SO_LINGER, 70_000))
    show("linger.optionOff", lambda: option(StandardSocketOptions.SO_LINGER, -7))
    show("fresh.nodelay", lambda: s.getTcpNoDelay())
    show("fresh.keepalive", lambda: s.getKeepAlive())
    show("fresh.reuse", lambda: s.getReuseAddress())
    show("fresh.inline", lambda: s.getOOBInline())
    show("fresh.traffic", lambda: s.getTrafficClass())
    show("nodelay", lambda: put(s.getTcpNoDelay, s.setTcpNoDelay, True))
    show("keepalive", lambda: put(s.getKeepAlive, s.setKeepAlive, True))
    show("reuse", lambda: put(s.getReuseAddress, s.setReuseAddress, True))
    show("inline", lambda: put(s.getOOBInline, s.setOOBInline, True))
    show("sendBuffer", lambda: put(s.getSendBufferSize, s.setSendBufferSize, 50_000))
    show("sendBuffer.small", lambda: put(s.getSendBufferSize, s.setSendBufferSize, 100))
    show("sendBuffer.large", lambda: put(s.getSendBufferSize, s.setSendBufferSize, (1 << 31) - 1) >= 100_000)
    act("sendBuffer.zero", lambda: s.setSendBufferSize(0))
    act("sendBuffer.negative", lambda: s.setSendBufferSize(-1))
    show("receiveBuffer", lambda: put(s.getReceiveBufferSize, s.setReceiveBufferSize, 50_000))
    show("receiveBuffer.small", lambda: put(s.getReceiveBufferSize, s.setReceiveBufferSize, 100))
    act("receiveBuffer.zero", lambda: s.setReceiveBufferSize(0))
    show("traffic", lambda: put(s.getTrafficClass, s.setTrafficClass, 0x10))
    show("traffic.ecn", lambda: put(s.getTrafficClass, s.setTrafficClass, 0x2B))
    act("traffic.large", lambda: s.setTrafficClass(256))
    act("traffic.negative", lambda: s.setTrafficClass(-1))
    act("performance", lambda: s.setPerformancePreferences(1, 2, 3))
    show("supported", lambda: names(s.supportedOptions()))
    show("option.set", lambda: s.setOption(StandardSocketOptions.TCP_NODELAY, False) is s)
    show("option.get", lambda: s.getOption(StandardSocketOptions.TCP_NODELAY))
    show("option.buffer", lambda: option(StandardSocketOptions.SO_RCVBUF, 60_000))
    show("option.reusePort", lambda: option(StandardSocketOptions.SO_REUSEPORT, True))
    show("option.tos", lambda: f"{option(StandardSocketOptions.IP_TOS, 0x20)} {s.getTrafficClass()}")
    act("option.tosLarge", lambda: s.setOption(StandardSocketOptions.IP_TOS, 256))
    act("option.null", lambda: s.setOption(StandardSocketOptions.SO_RCVBUF, None))
    act("option.negative", lambda: s.setOption(StandardSocketOptions.SO_RCVBUF, -1))
    show("option.noName", lambda: s.getOption(None))
    show("option.foreign", lambda: s.getOption(StandardSocketOptions.SO_BROADCAST))
    act("option.foreignSet", lambda: s.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 1))
    show("option.text", lambda: f"{StandardSocketOptions.SO_LINGER} {StandardSocketOptions.SO_LINGER.name()}")
    show("option.idle", lambda: option(ExtendedSocketOptions.TCP_KEEPIDLE, 77))
    show("option.interval", lambda: option(ExtendedSocketOptions.TCP_KEEPINTERVAL, 7))
    show("option.count", lambda: option(ExtendedSocketOptions.TCP_KEEPCOUNT, 3))
    act("option.idleZero", lambda: s.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, 0))
    show("option.quickack", lambda: option(ExtendedSocketOptions.TCP_QUICKACK, False))
    show("option.napi", lambda: s.getOption(ExtendedSocketOptions.SO_INCOMING_NAPI_ID))
    act("option.napiSet", lambda: s.setOption(ExtendedSocketOptions.SO_INCOMING_NAPI_ID, 1))
    s.close()
    show("closed.supported", lambda: len(s.supportedOptions()))
    show("closed.get", lambda: s.getOption(StandardSocketOptions.SO_RCVBUF))
    act("closed.set", lambda: s.setOption(StandardSocketOptions.SO_RCVBUF, 1000))

    with ServerSocket() as listener:
        show("listener.reuse", lambda: listener.getReuseAddress())
        show("listener.supported", lambda: names(listener.supportedOptions()))
        show("listener.buffer", lambda: put(listener.getReceiveBufferSize, listener.setReceiveBufferSize, 30_000))
        act("listener.bufferZero", lambda: listener.setReceiveBufferSize(0))
        show("listener.option", lambda: listener.getOption(StandardSocketOptions.SO_REUSEADDR))
        act("listener.foreign", lambda: listener.setOption(StandardSocketOptions.TCP_NODELAY, True))
        act("listener.performance", lambda: listener.setPerformancePreferences(1, 2, 3))
        listener.bind(InetSocketAddress("127.0.0.1", 0), 0)
        client = Socket("127.0.0.1", listener.getLocalPort())
        accepted = listener.accept()
        show("accepted.reuse", lambda: accepted.getReuseAddress())
        show("accepted.buffer", lambda: accepted.getReceiveBufferSize())
        stream = accepted.getInputStream()
        client.getOutputStream().write(ord("a"))
        client.sendUrgentData(ord("!"))
        client.getOutputStream().write(ord("b"))
        show("urgent.dropped", lambda: stream.readNBytes(2).decode())
        accepted.setOOBInline(True)
        client.sendUrgentData(0x100 + ord("?"))
        client.getOutputStream().write(ord("c"))
        show("urgent.inline", lambda: stream.readNBytes(2).decode())
        client.close()
        accepted.close()
    with ServerSocket(0, -3) as first:
        show("listener.backlog", lambda: first.isBound())

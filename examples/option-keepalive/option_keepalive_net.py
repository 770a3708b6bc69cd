"""Probes on an idle connection: SO_KEEPALIVE and its three settings, Java style."""

import time

from polysock.net import ExtendedSocketOptions, InetAddress, ServerSocket, Socket

with ServerSocket(0, 50, InetAddress.getLoopbackAddress()) as listener:
    listener.setSoTimeout(5_000)
    client = Socket(InetAddress.getLoopbackAddress(), listener.getLocalPort())
    peer = listener.accept()

with client, peer:
    # Without these settings the first probe comes after two hours.
    client.setKeepAlive(True)
    client.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, 1)  # seconds of silence before the first probe
    client.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, 1)  # seconds between probes
    client.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, 3)  # unanswered probes that end the connection
    idle = client.getOption(ExtendedSocketOptions.TCP_KEEPIDLE)
    interval = client.getOption(ExtendedSocketOptions.TCP_KEEPINTERVAL)
    count = client.getOption(ExtendedSocketOptions.TCP_KEEPCOUNT)
    print(f"a probe after {idle} s, then each {interval} s, and the end after {count} without an answer")

    # The peer's kernel answers a probe by itself. Both programs see it only in the statistics, and in
    # Java not at all: getTcpInfo() belongs to polysock.net.
    before = client.getTcpInfo().segs_in
    deadline = time.monotonic() + 10
    while client.getTcpInfo().segs_in == before and time.monotonic() < deadline:
        time.sleep(0.01)
    print("a probe was answered:", "yes" if client.getTcpInfo().segs_in > before else "no")
    print("bytes that the peer's program got:", peer.getTcpInfo().bytes_received)
    print("the connection is", client.getTcpInfo().state)

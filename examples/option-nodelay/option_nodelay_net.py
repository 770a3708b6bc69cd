"""Small writes with Nagle's algorithm, which is the default, and with TCP_NODELAY, Java style."""

import time

from polysock.net import ExtendedSocketOptions, InetAddress, ServerSocket, Socket


def connection() -> tuple[Socket, Socket]:
    with ServerSocket(0, 50, InetAddress.getLoopbackAddress()) as listener:
        listener.setSoTimeout(5_000)
        client = Socket(InetAddress.getLoopbackAddress(), listener.getLocalPort())
        peer = listener.accept()
        peer.setSoTimeout(5_000)
        return client, peer


def segments(s: Socket) -> int:
    """How many segments with data the kernel has sent, without retransmissions. java.net does not report it."""
    info = s.getTcpInfo()
    return info.data_segs_out - info.total_retrans


def write_small(nodelay: bool) -> tuple[int, float]:
    """Five writes of one byte each; returns how many segments they took and when the last byte came, in ms."""
    client, peer = connection()
    with client, peer:
        client.setTcpNoDelay(nodelay)
        # A peer in a conversation delays its acknowledgements by about 40 ms, to send them along with an answer.
        # A new connection is not in one yet; this makes the kernel treat it as one.
        peer.setOption(ExtendedSocketOptions.TCP_QUICKACK, False)
        start = time.monotonic()
        for _ in range(5):
            client.getOutputStream().write(b"x")
        peer.getInputStream().readNBytes(5)
        return segments(client), (time.monotonic() - start) * 1000


# Nagle: while a small segment is unacknowledged, the next small one is held back. The first byte
# goes at once, the others wait together, as long as the peer delays its acknowledgement.
sent, ms = write_small(nodelay=False)
print("Nagle: 5 writes,", "fewer segments" if sent < 5 else "not fewer", f"({sent}), the last byte after {ms:.0f} ms")

sent, ms = write_small(nodelay=True)
print(f"TCP_NODELAY: 5 writes, {sent} segments, the last byte after {ms:.0f} ms")

"""Small writes with Nagle's algorithm, which is the default, and with TCP_NODELAY."""

import time

import polysock as socket


def connection() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        client = socket.create_connection(listener.getsockname(), timeout=5)
        peer, _address = listener.accept()
        peer.settimeout(5)
        return client, peer


def segments(s: socket.socket) -> int:
    """How many segments with data the kernel has sent, without retransmissions."""
    info = s.tcp_info()
    return info.data_segs_out - info.total_retrans


def write_small(nodelay: bool) -> tuple[int, float]:
    """Five writes of one byte each; returns how many segments they took and when the last byte came, in ms."""
    client, peer = connection()
    with client, peer:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, nodelay)
        # A peer in a conversation delays its acknowledgements by about 40 ms, to send them along with an
        # answer. A new connection is not in one yet; this makes the kernel treat it as one.
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        start = time.monotonic()
        for _ in range(5):
            client.sendall(b"x")
        peer.recv_exact(5)
        return segments(client), (time.monotonic() - start) * 1000


# Nagle: while a small segment is unacknowledged, the next small one is held back. The first
# byte goes at once, the others wait together, as long as the peer delays its acknowledgement.
sent, ms = write_small(nodelay=False)
print("Nagle: 5 writes,", "fewer segments" if sent < 5 else "not fewer", f"({sent}), the last byte after {ms:.0f} ms")

sent, ms = write_small(nodelay=True)
print(f"TCP_NODELAY: 5 writes, {sent} segments, the last byte after {ms:.0f} ms")

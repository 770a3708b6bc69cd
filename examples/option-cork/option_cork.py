"""Several writes that leave as one: TCP_CORK."""

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


def answer(s: socket.socket) -> None:
    """What many servers write: the headers, an empty line, the body."""
    s.sendall(b"Length: 5\n")
    s.sendall(b"\n")
    s.sendall(b"hello")


client, peer = connection()
with client, peer:
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # so that Nagle's algorithm has no part in it
    answer(client)
    peer.recv_exact(16)
    print("without cork: 3 writes,", segments(client), "segments")

client, peer = connection()
with client, peer:
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)  # only full segments leave, for up to 200 ms
    answer(client)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)  # what was held back leaves now
    peer.recv_exact(16)
    sent = segments(client)
    print("with cork: 3 writes,", "fewer segments" if sent < 3 else "not fewer", f"({sent})")

# If all parts are available, one call is even better.
client, peer = connection()
with client, peer:
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.sendmsg([b"Length: 5\n", b"\n", b"hello"])
    peer.recv_exact(16)
    print("in one call: 1 write,", segments(client), "segment")

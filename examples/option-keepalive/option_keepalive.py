"""Probes on an idle connection: SO_KEEPALIVE and its three settings."""

import time

import polysock as socket

with socket.create_server(("127.0.0.1", 0)) as listener:
    listener.settimeout(5)
    client = socket.create_connection(listener.getsockname(), timeout=5)
    peer, _address = listener.accept()

with client, peer:
    # Without these settings the first probe comes after two hours.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)  # seconds of silence before the first probe
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)  # seconds between probes
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)  # unanswered probes that end the connection
    names = socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT
    idle, interval, count = (client.getsockopt(socket.IPPROTO_TCP, name) for name in names)
    print(f"a probe after {idle} s, then each {interval} s, and the end after {count} without an answer")

    # The peer's kernel answers a probe by itself. Both programs see it only in the statistics.
    before = client.tcp_info().segs_in
    deadline = time.monotonic() + 10
    while client.tcp_info().segs_in == before and time.monotonic() < deadline:
        time.sleep(0.01)
    print("a probe was answered:", "yes" if client.tcp_info().segs_in > before else "no")
    print("bytes that the peer's program got:", peer.tcp_info().bytes_received)
    print("the connection is", client.state())

"""Slow start, watched: how much TCP sends at once, round by round."""

import threading
import time

import polysock as socket

ROUNDS = 5


def take_all(listener: socket.socket) -> None:
    listener.settimeout(5)
    peer, _address = listener.accept()
    with peer:
        peer.settimeout(5)
        while peer.recv(1 << 20):
            pass


with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
    taker = threading.Thread(target=take_all, args=(listener,))
    taker.start()
    client.settimeout(5)
    # Segments as on Ethernet: on the loopback interface they are so large that a transfer needs few.
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1448)
    # The textbook's congestion control. Others begin the same way and differ later.
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")
    client.connect(listener.getsockname())

    windows = [client.tcp_info().snd_cwnd]
    for _ in range(ROUNDS):
        # A round: send as much as may be in flight at once, and wait until all of it is acknowledged.
        info = client.tcp_info()
        client.sendall(bytes(info.snd_cwnd * info.snd_mss))
        while (info := client.tcp_info()).unacked or info.notsent_bytes:
            time.sleep(0.0005)
        windows.append(info.snd_cwnd)
    client.shutdown(socket.SHUT_WR)
    taker.join()

print("the congestion window at first:", windows[0], "segments")
print("after each round:", *windows[1:])
print("it grew", "more than fourfold" if windows[-1] > 4 * windows[0] else "less than that")

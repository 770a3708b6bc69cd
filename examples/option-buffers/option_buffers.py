"""The buffers of a connection, as requested and as the kernel sizes them: SO_SNDBUF, SO_RCVBUF."""

import polysock as socket

DATA = bytes(65536)


def buffer_after_asking(size: int) -> int:
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)
        return s.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)


def fits(size: int) -> int:
    """How many bytes can be sent to a peer that does not read, with such buffers at both ends."""
    with socket.socket() as listener, socket.socket() as client:
        # Before listen and connect: the size of the receive buffer determines what is negotiated when a
        # connection is made.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(5)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)
        client.settimeout(5)
        client.connect(listener.getsockname())
        peer, _address = listener.accept()  # inherits the listener's size
        with peer:
            total = 0
            client.setblocking(False)
            try:
                while True:
                    total += client.send(DATA)
            except BlockingIOError:
                return total


print("asked for 20000 bytes:", buffer_after_asking(20000))
print("asked for 1 byte:", buffer_after_asking(1))
most = buffer_after_asking(1 << 29)
print(f"asked for 512 MiB: {most},", "less" if most < 1 << 29 else "not less")

small, large = fits(10_000), fits(100_000)
print(f"before a peer that does not read: {small} bytes with small buffers, {large} with large,", end=" ")
print("more" if large > small else "not more")

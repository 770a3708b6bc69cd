"""What close does with data that are not delivered yet: with linger off, zero, and on; Java style."""

import errno
import time

from polysock.net import InetAddress, InetSocketAddress, IOException, ServerSocket, Socket

TIMEOUT = 5
STATES = {1: "ESTABLISHED", 4: "FIN_WAIT1", 5: "FIN_WAIT2", 6: "TIME_WAIT"}


def connection() -> tuple[Socket, Socket]:
    """A client with large buffers, and the server's end of its connection, with small ones."""
    client = Socket()
    client.setSendBufferSize(200_000)
    with ServerSocket() as listener:
        listener.setReceiveBufferSize(4096)  # inherited by accepted connections
        listener.bind(InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        listener.setSoTimeout(TIMEOUT * 1000)
        client.connect(listener.getLocalSocketAddress(), TIMEOUT * 1000)
        peer = listener.accept()
    peer.setSoTimeout(TIMEOUT * 1000)
    return client, peer


def state(port: int, peer_port: int) -> str:
    """A closed socket can't be queried: this is the state in the kernel's table, which `ss -tan` shows too."""
    with open("/proc/net/tcp6") as table:  # java.net's sockets are IPv6 sockets that also carry IPv4
        next(table)
        for line in table:
            _number, here, there, code, *_rest = line.split()
            if (int(here.split(":")[1], 16), int(there.split(":")[1], 16)) == (port, peer_port):
                return STATES.get(int(code, 16), code)
    return "gone"


def demonstrate(title: str, on: bool, linger: int, size: int) -> None:
    print(title)
    client, peer = connection()
    ports = client.getLocalPort(), client.getPort()
    client.setSoLinger(on, linger)
    client.getOutputStream().write(bytes(size))  # our kernel has it all; the peer's program has read nothing

    start = time.monotonic()
    client.close()
    print("  close:", "at once" if time.monotonic() - start < 1 else "after its second")
    print("  our end:", state(*ports))

    received, end, buffer = 0, "the end", bytearray(65536)
    try:
        while (n := peer.getInputStream().read(buffer)) != -1:
            received += n
    except IOException as exception:
        end = errno.errorcode[exception.errno]
    print("  the peer:", "all" if received == size else "a part", "and", end)
    print("  the peer's end:", peer.getTcpInfo().state)  # from polysock.net; java.net does not report it
    peer.close()

    deadline = time.monotonic() + TIMEOUT
    while (last := state(*ports)).startswith("FIN_WAIT") and time.monotonic() < deadline:
        time.sleep(0.001)
    print("  both closed:", last)


# The kernel goes on in the background and waits for the peer as long as it takes; close does not.
demonstrate("linger off, the default", False, 0, 100_000)
# Undelivered data are discarded, and the peer gets a reset.
demonstrate("linger 0", True, 0, 100_000)
# Close waits until the peer's kernel has acknowledged everything. Time is up here: the kernel goes on in the
# background.
demonstrate("linger 1 s", True, 1, 100_000)
# It does not wait for the peer's program, which has read nothing here either.
demonstrate("linger 1 s, little data", True, 1, 1_000)

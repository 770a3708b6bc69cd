"""What close does with data that are not delivered yet: with linger off, zero, and on."""

import time

import polysock as socket

TIMEOUT = 5
STATES = {1: "ESTABLISHED", 4: "FIN_WAIT1", 5: "FIN_WAIT2", 6: "TIME_WAIT"}


def connection() -> tuple[socket.socket, socket.socket]:
    """A client with large buffers, and the server's end of its connection, with small ones."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 200_000)
    client.settimeout(TIMEOUT)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # inherited by accepted connections
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(TIMEOUT)
        client.connect(listener.getsockname())
        peer, _address = listener.accept()
    peer.settimeout(TIMEOUT)
    return client, peer


def state(port: int, peer_port: int) -> str:
    """A closed socket can't be queried: this is the state in the kernel's table, which `ss -tan` shows too."""
    with open("/proc/net/tcp") as table:
        next(table)
        for line in table:
            _number, here, there, code, *_rest = line.split()
            if (int(here.split(":")[1], 16), int(there.split(":")[1], 16)) == (port, peer_port):
                return STATES.get(int(code, 16), code)
    return "gone"


def demonstrate(title: str, linger: int | None, size: int) -> None:
    print(title)
    client, peer = connection()
    ports = client.getsockname()[1], client.getpeername()[1]
    client.set_linger(linger)
    client.sendall(bytes(size))  # our kernel has it all; the peer's program has read nothing

    start = time.monotonic()
    client.close()
    print("  close:", "at once" if time.monotonic() - start < 1 else "after its second")
    print("  our end:", state(*ports))

    received, end = 0, "the end"
    try:
        while data := peer.recv(65536):
            received += len(data)
    except ConnectionResetError:
        end = "ECONNRESET"
    print("  the peer:", "all" if received == size else "a part", "and", end)
    print("  the peer's end:", peer.state())
    peer.close()

    deadline = time.monotonic() + TIMEOUT
    while (last := state(*ports)).startswith("FIN_WAIT") and time.monotonic() < deadline:
        time.sleep(0.001)
    print("  both closed:", last)


# The kernel goes on in the background and waits for the peer as long as it takes; close does not.
demonstrate("linger off, the default", None, 100_000)
# Undelivered data are discarded, and the peer gets a reset.
demonstrate("linger 0", 0, 100_000)
# Close waits until the peer's kernel has acknowledged everything. Time is up here: the kernel goes on in the
# background.
demonstrate("linger 1 s", 1, 100_000)
# It does not wait for the peer's program, which has read nothing here either.
demonstrate("linger 1 s, little data", 1, 1_000)

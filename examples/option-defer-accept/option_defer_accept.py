"""Accepting only connections on which data have arrived: TCP_DEFER_ACCEPT."""

import polysock as socket


def accepted(listener: socket.socket, timeout: float) -> socket.socket | None:
    listener.settimeout(timeout)
    try:
        return listener.accept()[0]
    except (BlockingIOError, TimeoutError):
        return None


def received(s: socket.socket) -> str:
    s.setblocking(False)
    try:
        return s.recv(100).decode()
    except BlockingIOError:
        return "nothing yet"


with socket.create_server(("127.0.0.1", 0)) as listener:
    print("without")
    with socket.create_connection(listener.getsockname(), timeout=5), accepted(listener, 5) as server:
        print("  the client is connected, accept brings the connection:", received(server))

    print("with")
    # For at most 5 seconds, which the kernel rounds up. After that, accept returns the connection without data.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 5)
    with socket.create_connection(listener.getsockname(), timeout=5) as client:
        brings = "nothing" if accepted(listener, 0) is None else "the connection"
        print("  the client is connected, accept brings", brings)
        client.sendall(b"hello")
        with accepted(listener, 5) as server:
            print("  the client has spoken, accept brings the connection:", received(server))

"""A program without type errors: `make check` runs mypy over it; the program is never run."""

import io
from typing import Any, assert_type

import polysock
import polysock as socket
from polysock import AF_BLUETOOTH, BDADDR_ANY, BTPROTO_RFCOMM, Server, patch, unpatch


def transfers(sock: polysock.socket, data: bytes) -> int:
    try:
        sock.sendall(data)
        assert_type(sock.recv_exact(4), bytes)
    except polysock.TruncatedError as exc:
        assert_type(exc.partial, bytes)
        return exc.done + exc.missing
    except (OSError, EOFError) as exc:
        if isinstance(exc, polysock.UnfinishedBatch):
            assert_type(exc.failures, list[tuple[int, OSError]])
        if isinstance(exc, polysock.UnfinishedReceive):
            assert_type(exc.partial, bytes)
            return exc.done
        if isinstance(exc, polysock.Unfinished):
            return exc.done
        raise
    return len(data)


def messages(sock: polysock.socket) -> int | None:
    framing = polysock.Framing.length_prefix(16, "little", limit=100)
    sock.send_frame(b"x")
    sock.send_frames((bytearray(b"x") for _ in range(3)), framing)
    assert_type(sock.recv_frame(), bytes | None)
    assert_type(sock.recv_frames(10, framing), list[bytes])
    assert_type(sock.recv_frame_into(bytearray(10)), int | None)
    for message in sock.frames(framing):
        assert_type(message, bytes)
    for line in sock.lines():
        assert_type(line, bytes)
    for text in sock.lines("utf-8", "replace", limit=1000):
        assert_type(text, str)
    assert_type(sock.recv_line(), bytes | None)
    assert_type(sock.recv_line(encoding="utf-8"), str | None)
    reader = polysock.Reader(sock, polysock.Framing(limit=1))
    assert_type(reader.socket, polysock.socket)
    assert_type(reader.frames(), list[bytes])
    assert_type(next(reader), bytes)
    assert_type(next(reader.lines("utf-8")), str)
    assert_type({framing: sock.take_buffered()}, dict[polysock.Framing, bytes])
    try:
        return reader.frame_into(bytearray(sock.pending()))
    except polysock.TruncatedError as exc:
        return exc.missing


def times_out(sock: polysock.socket) -> int:
    try:
        sock.sendall(b"x")
    except TimeoutError as exc:
        return exc.done if isinstance(exc, polysock.Unfinished) else 0
    return 1


def files(sock: polysock.socket, mode: str) -> None:
    assert_type(sock.makefile(), io.TextIOWrapper)
    assert_type(sock.makefile("rw", encoding="utf-8", newline="\n"), io.TextIOWrapper)
    assert_type(sock.makefile("w", 1), io.TextIOWrapper)
    assert_type(sock.makefile("rb"), io.BufferedReader)
    assert_type(sock.makefile("rb", -1), io.BufferedReader)
    assert_type(sock.makefile("wb"), io.BufferedWriter)
    assert_type(sock.makefile("rwb"), io.BufferedRWPair)
    assert_type(sock.makefile("rwb", buffering=0), polysock.SocketIO)
    assert_type(sock.makefile("rb", 0), polysock.SocketIO)
    assert_type(sock.makefile(mode), io.IOBase)
    for line in sock.makefile("rb"):
        assert_type(line, bytes)
    for text in sock.makefile("r"):
        assert_type(text, str)


def handler(connection: polysock.socket, address: Any) -> None:
    while data := connection.recv(4096):
        connection.sendall(data)


def complain(exception: BaseException, address: Any) -> None:
    print(polysock.__version__.upper(), exception, address)


def serve() -> None:
    with Server((None, 0), handler, on_error=complain) as server, socket.create_connection(server.address) as client:
        assert_type(server.listener, polysock.socket)
        assert_type(client, polysock.socket)
        assert_type(server.stop(0), int)
    Server(server.address, handler).stop()
    Server(b"/run/s", handler, max_connections=5).serve_forever()
    patch()
    unpatch()


def bluetooth() -> None:
    with socket.socket(AF_BLUETOOTH, socket.SOCK_STREAM, BTPROTO_RFCOMM) as sock:
        sock.bind((BDADDR_ANY, 1))
    assert_type(socket.getdefaulttimeout(), float | None)
    socket.setdefaulttimeout(None)

"""Sticky packets, the server:  server.py [PORT [CLIENTS]]

First shows that TCP keeps no message boundaries, then receives a file in messages that have boundaries.
"""

import struct
import sys
import zlib

import polysock as socket

NAME_LIMIT, FILE_LIMIT = 255, 1 << 20


def recv_message(s: socket.socket, limit: int) -> bytes:
    """Receives a message: its length in 4 bytes, big-endian, then that many bytes."""
    (n,) = struct.unpack(">I", s.recv_exact(4))
    if n > limit:  # anyone may claim to send four gigabytes
        raise ValueError(f"a message of {n} bytes is refused")
    return s.recv_exact(n)


def send_message(s: socket.socket, data: bytes) -> None:
    s.sendall(struct.pack(">I", len(data)) + data)


def serve(s: socket.socket, client: int) -> None:
    # The client sent "one", "two" and "three". Where do they end? A receive returns what is there: part of one, or all
    # three. That they are 11 bytes together is all we know.
    words, receives = b"", 0
    while len(words) < 11:
        part = s.recv(11 - len(words))
        if not part:
            raise EOFError("the stream ended")
        words += part
        receives += 1
    print(f'client {client}: "{words.decode("ascii", "backslashreplace")}" in {receives} receives')

    name = recv_message(s, NAME_LIMIT).decode("ascii", "backslashreplace")
    file = recv_message(s, FILE_LIMIT)
    checksum = f"{zlib.adler32(file):08x}"
    print(f"client {client}: {name}, {len(file)} bytes, checksum {checksum}")
    send_message(s, checksum.encode())


port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
clients = int(sys.argv[2]) if len(sys.argv) > 2 else 1

with socket.create_server(("127.0.0.1", port)) as listener:
    listener.settimeout(60)
    print("listening on {}:{}".format(*listener.getsockname()), flush=True)
    for i in range(1, clients + 1):
        connection, _address = listener.accept()
        with connection:
            connection.settimeout(5)
            try:
                serve(connection, i)
            except (OSError, EOFError, ValueError) as error:
                print(f"client {i}: {error}")

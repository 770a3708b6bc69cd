"""Sticky packets, the server:  server.py [PORT [CLIENTS]]

Receives three words without boundaries, a message with a length by hand, and a file in messages of the library.
"""

import struct
import sys
import zlib

import polysock as socket

NAME_LIMIT = 255
FRAMING = socket.Framing(limit=1000)  # a length in 4 bytes, big-endian, before each message


def recv_message(s: socket.socket, limit: int) -> bytes:
    """Receives a message by hand: its length in 4 bytes, big-endian, then that many bytes."""
    (n,) = struct.unpack(">I", s.recv_exact(4))
    if n > limit:  # anyone may claim to send four gigabytes
        raise ValueError(f"a message of {n} bytes is refused")
    return s.recv_exact(n)


def serve(s: socket.socket, client: int) -> None:
    # 1. Nothing. The client sent "one", "two" and "three". Where do they end? A receive returns what is there: a part
    # of one, or all three. That they are 11 bytes together is all we know.
    words, receives = b"", 0
    while len(words) < 11:
        part = s.recv(11 - len(words))
        if not part:
            raise EOFError("the stream ended")
        words += part
        receives += 1
    print(f'client {client}: "{words.decode("ascii", "backslashreplace")}" in {receives} receives')

    # 2. A length before the message, by hand: two calls for each message, and a limit that must not be forgotten.
    name = recv_message(s, NAME_LIMIT).decode("ascii", "backslashreplace")
    print(f"client {client}: {name}, by hand")

    # 3. The library's messages: the same bytes on the wire. One receive brings as many as have arrived.
    lines, size, checksum = 0, 0, 1
    while line := s.recv_frame(FRAMING):
        lines, size, checksum = lines + 1, size + len(line), zlib.adler32(line, checksum)
    if line is None:  # an empty message ends the file
        raise EOFError("the stream ended")
    print(f"client {client}: {size} bytes in {lines} messages, checksum {checksum:08x}")
    s.send_frame(b"%08x" % checksum)


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

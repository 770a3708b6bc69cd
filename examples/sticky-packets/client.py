"""Sticky packets, the client:  client.py HOST PORT FILE"""

import struct
import sys
import zlib
from pathlib import Path

import polysock as socket


def send_message(s: socket.socket, data: bytes) -> None:
    """Sends a message by hand: its length in 4 bytes, big-endian, then its bytes."""
    s.sendall(struct.pack(">I", len(data)) + data)


host, port, path = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
file = path.read_bytes()

with socket.create_connection((host, port), timeout=5) as s:
    # 1. Three sends without boundaries between them: the server may get them in one receive, or in four.
    for word in (b"one", b"two", b"three"):
        s.sendall(word)
    print('sent "one", "two" and "three"')

    # 2. A length before the message, by hand.
    send_message(s, path.name.encode())
    print(f"sent {path.name}, by hand")

    # 3. The library's messages: all lines with one call, and an empty message as the end of the file.
    lines = file.splitlines(keepends=True)
    s.send_frames([*lines, b""])
    print(f"sent {len(file)} bytes in {len(lines)} messages")

    ours, theirs = f"{zlib.adler32(file):08x}", (s.recv_frame() or b"nothing").decode()
    print(f"checksums {ours} and {theirs}: {'it came as it was sent' if ours == theirs else 'damaged'}")

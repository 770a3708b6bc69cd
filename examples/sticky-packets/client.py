"""Sticky packets, the client:  client.py HOST PORT FILE"""

import struct
import sys
import zlib
from pathlib import Path

import polysock as socket


def send_message(s: socket.socket, data: bytes) -> None:
    """Sends a message: its length in 4 bytes, big-endian, then its bytes."""
    s.sendall(struct.pack(">I", len(data)) + data)


host, port, path = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
file = path.read_bytes()

with socket.create_connection((host, port), timeout=5) as s:
    # Three sends without boundaries between them: the server may get them in one receive, or in four.
    for word in (b"one", b"two", b"three"):
        s.sendall(word)
    print('sent "one", "two" and "three"')

    send_message(s, path.name.encode())
    send_message(s, file)
    print(f"sent {path.name}, {len(file)} bytes")

    ours = f"{zlib.adler32(file):08x}"
    (n,) = struct.unpack(">I", s.recv_exact(4))
    theirs = s.recv_exact(min(n, 8)).decode()
    print(f"checksums {ours} and {theirs}: {'it came as it was sent' if ours == theirs else 'damaged'}")

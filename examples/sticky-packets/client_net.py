"""Sticky packets, Java-style client:  client_net.py HOST PORT FILE"""

import sys
import zlib
from pathlib import Path

from polysock.net import BufferedOutputStream, DataInputStream, DataOutputStream, Socket

host, port, path = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
file = path.read_bytes()

with Socket(host, port) as s:
    s.setSoTimeout(5_000)
    from_server, to_server = DataInputStream(s.getInputStream()), DataOutputStream(s.getOutputStream())

    # 1. Three writes without boundaries between them: the server may get them in one read, or in four.
    for word in (b"one", b"two", b"three"):
        to_server.write(word)
    print('sent "one", "two" and "three"')

    # 2. A length before the message, by hand.
    name = path.name.encode()
    to_server.write(bytes([len(name) >> 24, len(name) >> 16 & 0xFF, len(name) >> 8 & 0xFF, len(name) & 0xFF]) + name)
    print(f"sent {path.name}, by hand")

    # 3. The streams of java.io: the same bytes, with a buffer, or each int would be sent alone. An empty message ends
    # the file.
    buffered = DataOutputStream(BufferedOutputStream(to_server))
    lines = file.splitlines(keepends=True)
    for line in (*lines, b""):
        buffered.writeInt(len(line))
        buffered.write(line)
    buffered.flush()
    print(f"sent {len(file)} bytes in {len(lines)} messages")

    ours = f"{zlib.adler32(file):08x}"
    theirs = bytearray(min(from_server.readInt(), 8))
    from_server.readFully(theirs)
    verdict = "it came as it was sent" if ours == theirs.decode() else "damaged"
    print(f"checksums {ours} and {theirs.decode()}: {verdict}")

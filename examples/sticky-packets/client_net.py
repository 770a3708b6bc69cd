"""Sticky packets, Java-style client:  client_net.py HOST PORT FILE"""

import sys
import zlib
from pathlib import Path

from polysock.net import DataInputStream, DataOutputStream, Socket

host, port, path = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
file = path.read_bytes()

with Socket(host, port) as s:
    s.setSoTimeout(5_000)
    from_server, to_server = DataInputStream(s.getInputStream()), DataOutputStream(s.getOutputStream())

    # Three writes without boundaries between them: the server may get them in one read, or in four.
    for word in (b"one", b"two", b"three"):
        to_server.write(word)
    print('sent "one", "two" and "three"')

    for message in (path.name.encode(), file):
        to_server.writeInt(len(message))
        to_server.write(message)
    print(f"sent {path.name}, {len(file)} bytes")

    ours = f"{zlib.adler32(file):08x}"
    theirs = bytearray(min(from_server.readInt(), 8))
    from_server.readFully(theirs)
    verdict = "it came as it was sent" if ours == theirs.decode() else "damaged"
    print(f"checksums {ours} and {theirs.decode()}: {verdict}")

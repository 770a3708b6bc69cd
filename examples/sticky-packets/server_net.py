"""Sticky packets, Java-style server:  server_net.py [PORT [CLIENTS]]

First shows that TCP keeps no message boundaries, then receives a file in messages that have boundaries.
"""

import sys
import zlib

from polysock.net import (
    DataInputStream,
    DataOutputStream,
    EOFException,
    InetAddress,
    IOException,
    ServerSocket,
    Socket,
)

NAME_LIMIT, FILE_LIMIT = 255, 1 << 20


def read_message(stream: DataInputStream, limit: int) -> bytes:
    """Reads a message: its length as an int, then that many bytes."""
    n = stream.readInt() & 0xFFFFFFFF  # Java's int is signed
    if n > limit:  # anyone may claim to send four gigabytes
        raise IOException(f"a message of {n} bytes is refused")
    message = bytearray(n)
    stream.readFully(message)
    return bytes(message)


def serve(client: Socket, number: int) -> None:
    from_client = DataInputStream(client.getInputStream())
    to_client = DataOutputStream(client.getOutputStream())

    # The client sent "one", "two" and "three". Where do they end? A read returns what is there: a part of one, or all
    # three. That they are 11 bytes together is all we know.
    words = bytearray(11)
    got = receives = 0
    while got < 11:
        n = from_client.read(words, got, 11 - got)
        if n == -1:
            raise EOFException("the stream ended")
        got += n
        receives += 1
    print(f'client {number}: "{words.decode("ascii", "backslashreplace")}" in {receives} receives')

    name = read_message(from_client, NAME_LIMIT).decode("ascii", "backslashreplace")
    file = read_message(from_client, FILE_LIMIT)
    checksum = f"{zlib.adler32(file):08x}"
    print(f"client {number}: {name}, {len(file)} bytes, checksum {checksum}")
    to_client.writeInt(8)
    to_client.writeBytes(checksum)


port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
clients = int(sys.argv[2]) if len(sys.argv) > 2 else 1

with ServerSocket(port, 16, InetAddress.getLoopbackAddress()) as listener:
    listener.setSoTimeout(60_000)
    print(f"listening on 127.0.0.1:{listener.getLocalPort()}", flush=True)
    for i in range(1, clients + 1):
        with listener.accept() as client:
            client.setSoTimeout(5_000)
            try:
                serve(client, i)
            except IOException as exception:
                print(f"client {i}: {exception or 'the stream ended'}")

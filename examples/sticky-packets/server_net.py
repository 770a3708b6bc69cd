"""Sticky packets, Java-style server:  server_net.py [PORT [CLIENTS]]

Receives three words without boundaries, a message with a length by hand, and a file in messages with readInt.
"""

import sys
import zlib

from polysock.net import (
    BufferedInputStream,
    DataInputStream,
    DataOutputStream,
    EOFException,
    InetAddress,
    IOException,
    ServerSocket,
    Socket,
)

NAME_LIMIT, LINE_LIMIT = 255, 1000


def read_by_hand(stream: DataInputStream, limit: int) -> bytes:
    """Reads a message: its length in 4 bytes, big-endian, then that many bytes."""
    n = 0
    for _ in range(4):
        if (byte := stream.read()) == -1:
            raise EOFException("the stream ended")
        n = n << 8 | byte
    if n > limit:  # anyone may claim to send four gigabytes
        raise IOException(f"a message of {n} bytes is refused")
    message = bytearray(n)
    stream.readFully(message)
    return bytes(message)


def read_message(stream: DataInputStream, limit: int) -> bytes:
    """The same with java.io's streams."""
    n = stream.readInt()
    if not 0 <= n <= limit:  # Java's int is signed
        raise IOException(f"a message of {n & 0xFFFFFFFF} bytes is refused")
    message = bytearray(n)
    stream.readFully(message)
    return bytes(message)


def serve(client: Socket, number: int) -> None:
    # The buffer takes from the system what has arrived, for many reads.
    from_client = DataInputStream(BufferedInputStream(client.getInputStream()))
    to_client = DataOutputStream(client.getOutputStream())

    # 1. Nothing. The client sent "one", "two" and "three". Where do they end? A read returns what is there: a part of
    # one, or all three. That they are 11 bytes together is all we know.
    words = bytearray(11)
    got = receives = 0
    while got < 11:
        n = from_client.read(words, got, 11 - got)
        if n == -1:
            raise EOFException("the stream ended")
        got += n
        receives += 1
    print(f'client {number}: "{words.decode("ascii", "backslashreplace")}" in {receives} receives')

    # 2. A length before the message, by hand, with a limit that must not be forgotten.
    name = read_by_hand(from_client, NAME_LIMIT).decode("ascii", "backslashreplace")
    print(f"client {number}: {name}, by hand")

    # 3. The streams of java.io: the same bytes.
    lines, size, checksum = 0, 0, 1
    while line := read_message(from_client, LINE_LIMIT):  # an empty message ends the file
        lines, size, checksum = lines + 1, size + len(line), zlib.adler32(line, checksum)
    print(f"client {number}: {size} bytes in {lines} messages, checksum {checksum:08x}")
    to_client.writeInt(8)
    to_client.writeBytes(f"{checksum:08x}")


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

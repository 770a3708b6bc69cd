"""What client and server agree on.

A message is a frame: 4 bytes with its length, big-endian, then that many bytes of text. A request is
"OPERATION NUMBER NUMBER", an answer "ok NUMBER" or "error TEXT".
"""

import struct

import polysock as socket

LONGEST = 100


class TooLong(Exception):
    """A message is longer than the protocol allows, so the beginning of the next one is unknown."""


def receive_message(s: socket.socket) -> str | None:
    """The next message; None when the peer has ended its stream between two messages."""
    try:
        head = s.recv_exact(4)
    except socket.TruncatedError:
        raise
    except EOFError:
        return None
    (n,) = struct.unpack("!I", head)
    if n > LONGEST:  # never trust a length that came over the network
        raise TooLong("too long")
    return s.recv_exact(n).decode("ascii", "replace") if n else ""


def send_message(s: socket.socket, text: str) -> None:
    data = text.encode()
    s.sendall(struct.pack("!I", len(data)) + data)  # in one piece: two pieces would wait for each other

"""What client and server agree on.

A message is a frame: 4 bytes with its length, big-endian, then that many bytes of text. A request is
"OPERATION NUMBER NUMBER", an answer "ok NUMBER" or "error TEXT".
"""

import errno

import polysock as socket

# A length in 4 bytes, big-endian; what claims to be longer than the limit is refused.
FRAMING = socket.Framing(limit=100)


class TooLong(Exception):
    """A message is longer than the protocol allows, so the beginning of the next one is unknown."""


def receive_message(s: socket.socket) -> str | None:
    """The next message; None when the peer has ended its stream between two messages."""
    try:
        message = s.recv_frame(FRAMING)
    except OSError as error:
        if error.errno == errno.EMSGSIZE:
            raise TooLong("too long") from error
        raise
    return None if message is None else message.decode("ascii", "replace")


def send_message(s: socket.socket, text: str) -> None:
    s.send_frame(text.encode(), FRAMING)

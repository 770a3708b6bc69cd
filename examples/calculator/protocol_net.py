"""What client and server agree on, with java.io's streams: readInt has the four bytes of a length."""

from polysock.net import BufferedOutputStream, DataInputStream, DataOutputStream, EOFException, Socket

LONGEST = 100


class TooLong(Exception):
    """A message is longer than the protocol allows, so the beginning of the next one is unknown."""


class Messages:
    """The messages of a connection."""

    def __init__(self, s: Socket) -> None:
        self.input = DataInputStream(s.getInputStream())
        # Collects the length and the text, which would otherwise be sent separately and wait for each other.
        self.output = DataOutputStream(BufferedOutputStream(s.getOutputStream()))

    def receive(self) -> str | None:
        """The next message; None when the peer has ended its stream between two messages."""
        try:
            n = self.input.readInt()
        except EOFException:
            return None
        if not 0 <= n <= LONGEST:  # never trust a length that came over the network
            raise TooLong("too long")
        text = bytearray(n)
        self.input.readFully(text)
        return text.decode("ascii", "replace")

    def send(self, text: str) -> None:
        data = text.encode()
        self.output.writeInt(len(data))
        self.output.write(data)
        self.output.flush()

"""Streams for the tests of polysock.net: one collects bytes, one hands out given pieces."""

from polysock.net import InputStream, OutputStream, SocketTimeoutException


class Bytes(OutputStream):
    """Collects what is written."""

    def __init__(self):
        self.data, self.flushed, self.closed = b"", 0, False

    def write(self, data, off=0, length=None, /):
        assert not self.closed
        self.data += bytes([data & 0xFF]) if isinstance(data, int) else bytes(data)[off:][:length]

    def flush(self):
        self.flushed += 1

    def close(self):
        self.closed = True


class Pieces(InputStream):
    """Returns given pieces, and raises those that are exceptions."""

    def __init__(self, *pieces):
        self.pieces, self.closed = list(pieces), False

    def read(self, buffer=None, off=0, length=None, /):
        if not self.pieces:
            return -1
        piece = self.pieces.pop(0)
        if isinstance(piece, Exception):
            raise piece
        room = 1 if buffer is None else len(buffer) - off if length is None else length
        piece, rest = piece[:room], piece[room:]
        if rest:
            self.pieces.insert(0, rest)
        if buffer is None:
            return piece[0]
        buffer[off : off + len(piece)] = piece
        return len(piece)

    def close(self):
        self.closed = True


def late():
    return SocketTimeoutException("Read timed out")

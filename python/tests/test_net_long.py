"""Input without an end: readers take time in proportion to it, and no more memory than documented."""

import time
import tracemalloc

import pytest

from polysock import net


class Drip(net.InputStream):
    """A stream that returns one byte at a time, however many are wanted."""

    def __init__(self, data):
        self._data = memoryview(data)

    def read(self, buffer=None, off=0, length=None, /):
        if not self._data:
            return -1
        byte, self._data = self._data[0], self._data[1:]
        if buffer is None:
            return byte
        buffer[off] = byte
        return 1


class Endless(net.InputStream):
    """A stream that returns the same byte, as many times as wanted."""

    def __init__(self, byte):
        self._byte = byte
        self.given = 0

    def read(self, buffer=None, off=0, length=None, /):
        length = len(buffer) - off if length is None else length
        buffer[off : off + length] = self._byte * length
        self.given += length
        return length


def mismatch(call, scanner):
    with pytest.raises(net.InputMismatchException):
        call(scanner)


WORDS = {
    "digits and a letter": ("1", "x", lambda scanner: mismatch(net.Scanner.nextDouble, scanner)),
    "digits, a point and a letter": ("1", ".1x", lambda scanner: mismatch(net.Scanner.nextDouble, scanner)),
    "an exponent": ("1", "e1111x", lambda scanner: mismatch(net.Scanner.nextDouble, scanner)),
    "digits for an int": ("9", "", lambda scanner: mismatch(net.Scanner.nextInt, scanner)),
    "digits for a long": ("9", "", lambda scanner: mismatch(net.Scanner.nextLong, scanner)),
    "zeros": ("0", "7", lambda scanner: scanner.nextInt() == 7),
    "blanks": (" ", "1", lambda scanner: scanner.nextInt() == 1),
    "a word": ("a", "", lambda scanner: scanner.next()),
    "a line": ("a", "\n", lambda scanner: scanner.nextLine()),
}


def seconds(call):
    """The least of three measurements, since the machine may be busy."""
    measured = []
    for _ in range(3):
        began = time.process_time()
        call()
        measured.append(time.process_time() - began)
    return min(measured)


@pytest.mark.parametrize("word", WORDS)
def test_four_times_as_much_takes_no_more_than_eight_times_as_long(word):
    character, rest, call = WORDS[word]

    def scan(count):
        assert call(net.Scanner(character * count + rest)) is not False

    def drip(count):
        assert call(net.Scanner(Drip((character * count + rest).encode()))) is not False

    for way, count in (scan, 60_000), (drip, 4_000):
        once, more = (
            seconds(lambda way=way, count=count: way(count)),
            seconds(lambda way=way, count=count: way(4 * count)),
        )
        assert more < 8 * once + 0.02, (way.__name__, once, more)


LINES = {
    "BufferedReader": lambda stream: net.BufferedReader(net.InputStreamReader(stream)).readLine(),
    "Scanner": lambda stream: net.Scanner(stream).nextLine(),
    "DataInputStream": lambda stream: net.DataInputStream(stream).readLine(),
}


@pytest.mark.parametrize("reader", LINES)
def test_a_line_in_tiny_segments_takes_little_more_memory_than_it_has_characters(reader):
    count = 30_000
    stream = Drip(b"a" * count + b"\n")
    tracemalloc.start()
    try:
        line = LINES[reader](stream)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(line) == count
    assert peak < 8 * count + 100_000, peak


@pytest.mark.parametrize("call", ["next", "nextLine", "nextInt", "hasNext", "hasNextLine", "hasNextDouble"])
@pytest.mark.parametrize("byte", [b"a", b" ", b"1"])
def test_a_scanner_does_not_take_more_than_documented(call, byte):
    stream = Endless(byte)
    scanner = net.Scanner(stream)
    with pytest.raises(net.IOException, match="longer than 16777216 characters"):
        getattr(scanner, call)()
    assert stream.given < 18 << 20

"""Readers, writers, scanners and printed values of polysock.net."""

import io
import os
import re

import pytest
from helpers import Thread, wait_until
from net_helpers import Bytes, Pieces, late

from polysock.net import (
    BufferedReader,
    BufferedWriter,
    DataInputStream,
    IllegalArgumentException,
    InputStreamReader,
    IOException,
    NullPointerException,
    OutputStreamWriter,
    PrintStream,
    PrintWriter,
    Scanner,
    SocketTimeoutException,
    UnknownFormatConversionException,
)

LINES = [
    (b"", []),
    (b"one", ["one"]),
    (b"one\n", ["one"]),
    (b"\n\n", ["", ""]),
    (b"a\rb\r\nc\n\rd", ["a", "b", "c", "", "d"]),
    ("ü€😀\n\x0bx\x85y\u2028z\n".encode(), ["ü€😀", "\x0bx\x85y\u2028z"]),
    (b"\xff\xfe\n", ["��"]),
]


@pytest.mark.parametrize(("data", "lines"), LINES)
@pytest.mark.parametrize("size", [1, 2, 100])
def test_lines(data, lines, size):
    pieces = [data[i : i + size] for i in range(0, len(data), size)]
    assert list(BufferedReader(InputStreamReader(Pieces(*pieces)))) == lines
    reader = BufferedReader(BufferedReader(Pieces(*pieces)))
    assert list(reader.lines()) == lines
    assert reader.readLine() is None
    interrupted = [step for piece in pieces for step in (late(), piece, late())]
    reader, found = BufferedReader(Pieces(*interrupted)), []
    for _ in range(len(interrupted) + len(lines) + 1):
        try:
            found.append(reader.readLine())
        except SocketTimeoutException:
            continue
    assert [line for line in found if line is not None] == lines


@pytest.mark.parametrize("buffering", [-1, 0])
def test_a_binary_file_is_read_like_a_socket(buffering):
    # new BufferedReader(new InputStreamReader(System.in)): with sys.stdin.buffer it ports unchanged.
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering) as file, os.fdopen(writing, "wb", 0) as keyboard:
        reader = BufferedReader(InputStreamReader(file))
        keyboard.write("typed ü\nand m".encode())
        assert reader.readLine() == "typed ü", "what is there is enough, as with a terminal"
        keyboard.write(b"ore")
        keyboard.close()
        assert reader.readLine() == "and more"
        assert reader.readLine() is None
        reader.close()
        assert file.closed

    with DataInputStream(io.BytesIO(b"\0\0\1\0abc")) as data:
        assert data.readInt() == 256
        assert data.read() == ord("a")
        assert data.readAllBytes() == b"bc"
        assert data.read() == data.read(bytearray(1)) == -1
        assert data.available() == 0


def test_a_file_that_cannot_be_read():
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with os.fdopen(reading, "rb", 0) as nothing_there, os.fdopen(writing, "wb"), pytest.raises(BlockingIOError):
        DataInputStream(nothing_there).read()
    with pytest.raises(ValueError, match="closed file"):
        InputStreamReader(nothing_there).read()


@pytest.mark.parametrize("data", [b"a\r\nb\rc\n\r\n d e\r", b"one two\r\n", b"\r\r\n", b"last"])
def test_a_scanner_does_not_mind_how_the_bytes_come(data):
    def lines(*pieces):
        scanner, found = Scanner(Pieces(*pieces)), []
        while scanner.hasNextLine():
            found.append(scanner.nextLine())
        return found

    single = [data[i : i + 1] for i in range(len(data))]
    assert (
        lines(*single) == lines(data) == [*re.split("\r\n|\r|\n", data.decode().removesuffix("\n").removesuffix("\r"))]
    )
    assert list(Scanner(Pieces(*single))) == data.decode().split()


def test_reading_characters():
    reader = BufferedReader(InputStreamReader(Pieces("äb".encode()[:1], "äb".encode()[1:], b"cd\r", b"\nefgh")))
    assert reader.read() == ord("ä")
    room = ["."] * 4
    assert reader.read(room, 1, 2) == 1
    assert room == [".", "b", ".", "."]
    assert reader.read(room, 0, 0) == 0
    assert reader.readLine() == "cd"
    assert reader.skip(2) == 2
    assert reader.read(room) == 2
    assert room[:2] == ["g", "h"]
    assert reader.read() == reader.read(room) == -1
    assert reader.skip(1) == 0
    decoder = InputStreamReader(Pieces(b"abc"), "latin-1")
    assert decoder.getEncoding() == "latin-1"
    assert (decoder.read(), decoder.read(room)) == (ord("a"), 2)
    assert decoder.read() == -1


def test_characters_after_a_line_that_did_not_end():
    reader = BufferedReader(Pieces(b"begun", late(), b"more"))
    with pytest.raises(SocketTimeoutException):
        reader.readLine()
    assert reader.ready()
    assert reader.read() == ord("b")
    with pytest.raises(IllegalArgumentException):
        reader.skip(-1)
    assert reader.readLine() == "egunmore"


def test_a_line_without_end_is_refused():
    reader = BufferedReader(Pieces(b"12345678\n123456789", b"0\n"), longestLine=8)
    assert reader.readLine() == "12345678"
    for _ in range(2):
        with pytest.raises(IOException, match="longer than 8 characters"):
            reader.readLine()
    room = [""] * 20
    assert reader.read(room) == 9
    assert reader.readLine() == "0"


def test_ready(ends, pipe):
    out, there = pipe
    reader = BufferedReader(InputStreamReader(there))
    assert not reader.ready()
    out.write(b"a\nb")
    assert reader.readLine() == "a"
    assert reader.ready()
    assert reader.read() == ord("b")
    assert not reader.ready()


def test_closing_a_reader_wakes_who_reads(ends, pipe):
    reader = BufferedReader(InputStreamReader(pipe[1]))
    waiter = Thread(reader.readLine).asleep()
    reader.close()
    assert ends[1].isClosed()
    with pytest.raises(IOException, match="Socket closed"):
        waiter.outcome()
    for call in (reader.readLine, reader.read, reader.ready):
        with pytest.raises(IOException, match="Stream closed"):
            call()


def test_two_readers_of_one_reader_take_turns(ends):
    client, server = ends
    below = InputStreamReader(client.getInputStream())
    reading = [Thread(BufferedReader(below).readLine).asleep(), Thread(BufferedReader(below).readLine)]
    out = server.getOutputStream()
    for line in (b"one\n", b"two\n"):
        out.write(line)
        wait_until(lambda line=line: sum(not thread.is_alive() for thread in reading) >= (line == b"two\n") + 1)
    assert sorted(thread.outcome() for thread in reading) == ["one", "two"]


def test_print_writer_keeps_until_flush(pipe):
    out, there = pipe
    writer = PrintWriter(out)
    writer.println("kept")
    writer.print(1)
    assert there.available() == 0
    writer.flush()
    assert there.readNBytes(6) == b"kept\n1"
    automatic = PrintWriter(out, True)
    automatic.print("a")
    assert there.available() == 0
    automatic.println()
    assert there.readNBytes(2) == b"a\n"
    automatic.printf("%d", 5)
    assert there.readNBytes(1) == b"5"
    assert automatic.format("%s", "x").append("y") is automatic
    assert there.readNBytes(1) == b"x"
    automatic.close()
    assert there.readAllBytes() == b"y"
    assert not automatic.checkError()


def test_print_writer_raises_nothing(ends):
    client, _server = ends
    writer = PrintWriter(client.getOutputStream(), True)
    assert not writer.checkError()
    client.close()
    writer.println("lost")
    assert writer.checkError()
    writer.close()
    writer.println("lost")
    assert writer.checkError()


def test_writers(pipe):
    out, there = pipe
    with BufferedWriter(OutputStreamWriter(out, "latin-1")) as writer:
        writer.write("äöü€")
        writer.newLine()
        writer.write(65)
        writer.write("abcdef", 1, 2)
        writer.append(None)
        writer.flush()
        assert there.readNBytes(12) == b"\xe4\xf6\xfc?\nAbcnull"
        assert OutputStreamWriter(out).getEncoding() == "UTF-8"
    assert there.read() == -1
    with pytest.raises(IOException, match="Stream closed"):
        writer.write("late")


def test_print_stream(pipe):
    out, there = pipe
    with PrintStream(out) as stream:
        stream.print("a")
        assert there.readNBytes(1) == b"a"
        stream.write(66)
        stream.write(b"CDE", 1, 1)
        assert there.readNBytes(2) == b"BD"
        stream.println(1.0)
        assert there.readNBytes(4) == b"1.0\n"
    assert there.read() == -1


TEXTS = [
    (None, "null"),
    (True, "true"),
    (False, "false"),
    (7, "7"),
    (1.0, "1.0"),
    (0.0, "0.0"),
    (-0.0, "-0.0"),
    (100.25, "100.25"),
    (1e7, "1.0E7"),
    (123456789.5, "1.234567895E8"),
    (9999999.0, "9999999.0"),
    (0.001, "0.001"),
    (0.00012, "1.2E-4"),
    (-1.5e-300, "-1.5E-300"),
    (1e23, "1.0E23"),
    (float("nan"), "NaN"),
    (float("-inf"), "-Infinity"),
    ("text", "text"),
    # More digits than Python's own conversion takes.
    (-(10**5000), "-1" + 5000 * "0"),
]


@pytest.mark.parametrize(("value", "text"), TEXTS, ids=[text[:20] for _, text in TEXTS])
def test_values_as_java_prints_them(value, text):
    out = Bytes()
    with PrintWriter(out) as writer:
        writer.print(value)
    assert out.data.decode() == text


FORMATS = [
    ("%000000000000003d|%.000000000002f|%000000000001$d", (1, 2.5), "001|2.50|1"),
    ("%d|%5d|%-5d|%05d|%+d|% d|%(d", (1, 2, 3, -4, 5, 6, -7), "1|    2|3    |-0004|+5| 6|(7)"),
    ("%,d %x %X %#x %o", (1234567, 255, 255, 255, 8), "1,234,567 ff FF 0xff 10"),
    ("%x %x", (-1, -(1 << 40)), "ffffffff ffffff0000000000"),
    ("%s %S %10s|%-4s|%.2s", ("a", "b", "c", "d", "efg"), "a B          c|d   |ef"),
    ("%b %B %b", (True, None, 1), "true FALSE true"),
    ("%c%c%%%n", ("a", 66), "aB%\n"),
    ("%f %.2f %8.3f %08.2f %.0f", (1.5, 2.345, -3.14159, 2.5, 0.5), "1.500000 2.35   -3.142 00002.50 1"),
    ("%e %.2E", (12345.678, 0.00012), "1.234568e+04 1.20E-04"),
    ("%g %g %.3g", (0.0, 1234567.0, 0.00012345), "0.00000 1.23457e+06 0.000123"),
    ("%2$s %1$s %<s %s", ("a", "b"), "b a a a"),
    ("%,.2f", (1234567.891,), "1,234,567.89"),
    ("%s %d %5.1f", (None, None, None), "null null     n"),
    ("%.1f %5.1f", (float("nan"), float("inf")), "NaN Infinity"),
    ("%d|%s|%,d", (10**4500, 10**4500, -(10**4500)), f"1{4500 * '0'}|1{4500 * '0'}|-1{1500 * ',000'}"),
    ("%.1f", (10**4500,), f"1{4500 * '0'}.0"),
]


@pytest.mark.parametrize(("pattern", "arguments", "text"), FORMATS, ids=[pattern for pattern, *_ in FORMATS])
def test_formats(pattern, arguments, text):
    out = Bytes()
    with PrintWriter(out) as writer:
        assert writer.printf(pattern, *arguments) is writer
    assert out.data.decode() == text


@pytest.mark.parametrize(
    ("pattern", "arguments", "error"),
    [
        ("%q", (1,), UnknownFormatConversionException),
        ("%", (), UnknownFormatConversionException),
        ("%d", (), IllegalArgumentException),
        ("%d", ("text",), IllegalArgumentException),
        ("%d", (True,), IllegalArgumentException),
        ("%2147483648d", (1,), IllegalArgumentException),
        ("%" + 5000 * "9" + "d", (1,), IllegalArgumentException),
        ("%." + 5000 * "9" + "f", (1,), IllegalArgumentException),
        ("%" + 5000 * "9" + "$d", (1,), IllegalArgumentException),
        ("%9999999999%", (), IllegalArgumentException),
        ("%c", (-1,), IllegalArgumentException),
        ("%c", (1 << 40,), IllegalArgumentException),
        (None, (), NullPointerException),
    ],
    ids=lambda value: str(value)[:12],
)
def test_wrong_formats(pattern, arguments, error):
    with pytest.raises(error):
        PrintWriter(Bytes()).printf(pattern, *arguments)

"""The streams of polysock.net: formats, what is kept over a timeout, and who closes what."""

import io
import os
import re
import struct

import pytest
from helpers import Thread

from polysock.net import (
    BufferedInputStream,
    BufferedOutputStream,
    BufferedReader,
    BufferedWriter,
    DataInputStream,
    DataOutputStream,
    EOFException,
    IllegalArgumentException,
    IndexOutOfBoundsException,
    InputStream,
    InputStreamReader,
    IOException,
    NullPointerException,
    OutputStream,
    OutputStreamWriter,
    PrintStream,
    PrintWriter,
    Scanner,
    ServerSocket,
    Socket,
    SocketTimeoutException,
    UnknownFormatConversionException,
    UTFDataFormatException,
)


@pytest.fixture
def ends():
    with ServerSocket(0) as listener:
        client = Socket("127.0.0.1", listener.getLocalPort())
        server = listener.accept()
    with client, server:
        yield client, server


@pytest.fixture
def pipe(ends):
    """Where to write, and where that is read."""
    return ends[0].getOutputStream(), ends[1].getInputStream()


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
    """Hands out pieces, and raises those that are exceptions."""

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


def test_sockets_streams_are_streams(pipe):
    assert isinstance(pipe[0], OutputStream)
    assert isinstance(pipe[1], InputStream)


def test_reading_parts_of_buffers(pipe):
    out, there = pipe
    out.write(b"0123456789", 2, 3)
    room = bytearray(b"......")
    assert there.read(room, 1, 4) == 3
    assert room == b".234.."
    out.write(b"abcdef", 4)
    assert there.readNBytes(room, 0, 2) == 2
    assert room == b"ef34.."
    assert there.available() == 0
    out.write(b"rest")
    assert there.skip(2) == 2
    assert there.available() == 2
    out.close()
    assert there.readAllBytes() == b"st"
    assert there.skip(5) == 0
    assert there.readNBytes(room, 0, 6) == 0
    with pytest.raises(EOFException):
        there.skipNBytes(1)
    assert not there.markSupported()


@pytest.mark.parametrize("arguments", [(2, 3), (-1, 1), (0, -1), (5,), (1 << 70,)])
def test_parts_outside_a_buffer(pipe, arguments):
    out, there = pipe
    if arguments[0] > 1 << 64:
        with pytest.raises(OverflowError):
            there.read(bytearray(4), *arguments)
        return
    text = r"Range \[.*\) out of bounds for length 4"
    with pytest.raises(IndexOutOfBoundsException, match=text) as caught:
        there.read(bytearray(4), *arguments)
    assert isinstance(caught.value, IndexError)
    with pytest.raises(IndexOutOfBoundsException, match=text):
        out.write(b"abcd", *arguments)
    with pytest.raises(IndexOutOfBoundsException, match=text):
        DataInputStream(there).readFully(bytearray(4), *arguments)
    with pytest.raises(IndexOutOfBoundsException, match=text):
        DataOutputStream(out).write(b"abcd", *arguments)
    assert there.available() == 0


def test_wrong_arguments(pipe):
    out, there = pipe
    with pytest.raises(NullPointerException):
        out.write(None)
    for wrong in ("text", 1.5):
        with pytest.raises(TypeError):
            out.write(wrong)
        with pytest.raises(TypeError):
            there.read(wrong)
    with pytest.raises(TypeError):
        there.read(b"unchangeable")
    with pytest.raises(IllegalArgumentException):
        there.readNBytes(-1)
    for wraps in (
        DataInputStream,
        DataOutputStream,
        InputStreamReader,
        BufferedReader,
        PrintWriter,
        OutputStreamWriter,
    ):
        with pytest.raises(NullPointerException):
            wraps(None)
    for wraps, stream in (
        (BufferedInputStream, there),
        (BufferedReader, there),
        (BufferedOutputStream, out),
        (BufferedWriter, out),
    ):
        with pytest.raises(IllegalArgumentException):
            wraps(stream, 0)
    with pytest.raises(IOException, match="klingon"):
        InputStreamReader(there, "klingon")


def test_transfer_to(pipe, ends):
    out, there = pipe
    sender = Thread(lambda: (out.write(bytes(range(256)) * 1000), ends[0].shutdownOutput()))
    collected = Bytes()
    assert there.transferTo(collected) == 256_000
    assert collected.data == bytes(range(256)) * 1000
    sender.outcome()
    assert Pieces(b"abc", b"d").transferTo(collected) == 4


NUMBERS = [
    ("Boolean", ">?", [True, False]),
    ("Byte", ">b", [0, -128, 127]),
    ("Short", ">h", [0, -32768, 32767]),
    ("Int", ">i", [0, 1, -(1 << 31), (1 << 31) - 1]),
    ("Long", ">q", [0, -1, -(1 << 63), (1 << 63) - 1]),
    ("Float", ">f", [0.0, 1.5, -0.25, float("inf")]),
    ("Double", ">d", [0.1, -1e300, float("-inf")]),
]


@pytest.mark.parametrize(("kind", "layout", "values"), NUMBERS)
def test_numbers(kind, layout, values):
    out = Bytes()
    data = DataOutputStream(out)
    for value in values:
        getattr(data, f"write{kind}")(value)
    assert out.data == b"".join(struct.pack(layout, value) for value in values)
    assert data.size() == len(out.data)
    there = DataInputStream(Pieces(*(out.data[i : i + 1] for i in range(len(out.data)))))
    assert [getattr(there, f"read{kind}")() for _ in values] == values
    with pytest.raises(EOFException) as caught:
        getattr(there, f"read{kind}")()
    assert isinstance(caught.value, EOFError)


def test_numbers_are_cut_to_their_bits():
    out = Bytes()
    data = DataOutputStream(out)
    data.writeByte(0x1FF)
    data.writeShort(-1)
    data.writeInt(1 << 32 | 5)
    data.writeLong(-2)
    data.writeChar("é")
    data.writeChar(0x1_2345)
    data.writeFloat(1e300)
    data.writeBytes("aé€")
    data.writeChars("a€😀")
    assert out.data == (
        b"\xff\xff\xff\0\0\0\5" + b"\xff" * 7 + b"\xfe\0\xe9\x23\x45\x7f\x80\0\0a\xe9\xac\0a\x20\xac\xd8\x3d\xde\0"
    )
    there = DataInputStream(Pieces(b"\xff\xff\xfe\0\xe9"))
    assert there.readUnsignedByte() == 255
    assert there.readUnsignedShort() == 65534
    assert there.readChar() == "é"


MODIFIED = [("", b""), ("abc", b"abc"), ("\0", b"\xc0\x80"), ("é€", "é€".encode()), ("😀", b"\xed\xa0\xbd\xed\xb8\x80")]


@pytest.mark.parametrize(("text", "encoded"), [*MODIFIED, ("\ud800x", b"\xed\xa0\x80x"), ("a" * 65535, b"a" * 65535)])
def test_modified_utf8(text, encoded):
    out = Bytes()
    DataOutputStream(out).writeUTF(text)
    assert out.data == len(encoded).to_bytes(2, "big") + encoded
    assert DataInputStream(Pieces(out.data)).readUTF() == text


@pytest.mark.parametrize("wrong", [b"\xff", b"\xf0\x9f\x98\x80", b"\xe2\x82", b"\x80"])
def test_what_is_no_modified_utf8(wrong):
    with pytest.raises(UTFDataFormatException, match="malformed"):
        DataInputStream(Pieces(len(wrong).to_bytes(2, "big") + wrong)).readUTF()


def test_text_too_long_for_modified_utf8():
    out = Bytes()
    with pytest.raises(UTFDataFormatException, match="too long"):
        DataOutputStream(out).writeUTF("a" * 65534 + "é")
    assert out.data == b""


def test_read_fully_and_lines():
    there = DataInputStream(Pieces(b"abc", b"defone\r\ntwo\rthree\n", b"\nlast"))
    room = bytearray(8)
    there.readFully(room, 1, 6)
    assert room == b"\0abcdef\0"
    assert [there.readLine() for _ in range(6)] == ["one", "two", "three", "", "last", None]
    with pytest.raises(EOFException):
        there.readFully(bytearray(1))


def test_a_timeout_in_the_middle_loses_nothing():
    there = DataInputStream(
        Pieces(b"\0\0", late(), b"\1\0\0", late(), b"\4t", late(), b"ex", late(), b"tli", late(), b"ne\n!")
    )
    for read, value in ((there.readInt, 256), (there.readUTF, None), (there.readUTF, None)):
        with pytest.raises(SocketTimeoutException):
            read()
        if value is not None:
            assert read() == value
    with pytest.raises(SocketTimeoutException):
        there.readUTF()
    assert there.readUTF() == "text"
    with pytest.raises(SocketTimeoutException):
        there.readLine()
    assert there.readLine() == "line"
    assert there.read() == ord("!")


def test_a_timeout_on_a_socket_keeps_what_came(ends):
    client, server = ends
    server.setSoTimeout(20)
    there, out = DataInputStream(server.getInputStream()), client.getOutputStream()
    out.write(b"\0\0\1")
    with pytest.raises(SocketTimeoutException) as caught:
        there.readInt()
    assert caught.value.bytesTransferred == 3
    assert there.available() == 3
    out.write(b"\2")
    assert there.readInt() == 0x102
    reader = BufferedReader(InputStreamReader(server.getInputStream()))
    out.write("halb: ü".encode()[:-1])
    with pytest.raises(SocketTimeoutException):
        reader.readLine()
    out.write("ü\nnext\n".encode()[1:])
    assert reader.readLine() == "halb: ü"
    assert reader.readLine() == "next"


def test_buffered_streams(pipe):
    out, there = pipe
    buffered = BufferedOutputStream(out, 8)
    buffered.write(b"abc")
    buffered.write(100)
    assert there.available() == 0
    buffered.flush()
    ahead = BufferedInputStream(there, 4)
    assert ahead.read() == ord("a")
    assert ahead.available() == 3
    buffered.write(b"0123456789")  # more than it keeps
    assert ahead.readNBytes(13) == b"bcd0123456789"
    assert ahead.read(bytearray()) == 0
    buffered.write(b"end")
    buffered.close()
    assert ahead.readAllBytes() == b"end"
    assert ahead.read() == -1


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
    # new BufferedReader(new InputStreamReader(System.in)): with sys.stdin.buffer it ports as it stands.
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


def test_a_file_that_cannot_be_read_says_so():
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
        with pytest.raises(IOException, match="more than 8 characters"):
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
]


@pytest.mark.parametrize(("value", "text"), TEXTS)
def test_values_as_java_prints_them(value, text):
    out = Bytes()
    with PrintWriter(out) as writer:
        writer.print(value)
    assert out.data.decode() == text


FORMATS = [
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
]


@pytest.mark.parametrize(("pattern", "arguments", "text"), FORMATS)
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
    ],
)
def test_wrong_formats(pattern, arguments, error):
    with pytest.raises(error):
        PrintWriter(Bytes()).printf(pattern, *arguments)

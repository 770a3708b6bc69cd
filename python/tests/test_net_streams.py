"""The byte streams of polysock.net: formats, what survives a timeout, and what closes what."""

import struct

import pytest
from helpers import Thread
from net_helpers import Bytes, Pieces, late

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
    PrintWriter,
    SocketTimeoutException,
    UTFDataFormatException,
)


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


def test_a_timeout_says_how_much_was_skipped():
    there = DataInputStream(Pieces(b"ab", late(), b"cd!"))
    with pytest.raises(SocketTimeoutException) as caught:
        there.skipBytes(4)
    assert caught.value.bytesTransferred == 2
    assert there.skipBytes(2) == 2
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

"""polysock.net misused: by several threads, signal handlers, wrong arguments, and peers that send garbage."""

import errno
import gc
import io
import subprocess
import sys
import time

import pytest
from helpers import WAIT_LIMIT, Thread, ended_by_a_handler, when_main_sleeps

from polysock import net


class Slow(net.OutputStream):
    """Lets other threads run while it holds the buffer."""

    def __init__(self):
        self.data = b""

    def write(self, data, off=0, length=None, /):
        with memoryview(data) as view:
            time.sleep(0.0005)
            self.data += view


@pytest.mark.parametrize("make", [net.OutputStreamWriter, net.PrintWriter, net.BufferedOutputStream])
def test_writes_of_many_threads_beside_one_that_waits(make):
    out = Slow()
    writer = make(out)
    lines = {f"{thread}:{line}:{'x' * 50}\n" for thread in range(4) for line in range(300)}

    def send(thread):
        for line in lines:
            if line.startswith(thread):
                writer.write(line.encode() if make is net.BufferedOutputStream else line)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [Thread(send, str(thread)) for thread in range(4)]
        for thread in threads:
            thread.outcome()
    finally:
        sys.setswitchinterval(before)
    writer.flush()
    assert sorted(out.data.decode().splitlines(True)) == sorted(lines)


@pytest.mark.parametrize("make", [net.PrintWriter, lambda out: net.PrintWriter(net.BufferedOutputStream(out, 100))])
def test_lines_of_many_threads_stay_whole(ends, make):
    client, server = ends
    server.setSoTimeout(WAIT_LIMIT * 1000)
    writer = make(client.getOutputStream())
    lines = {f"{thread}:{line}:{'x' * 50}" for thread in range(4) for line in range(300)}

    def send(thread):
        for line in sorted(lines):
            if line.startswith(thread):
                writer.println(line)
                writer.flush()

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [Thread(send, str(thread)) for thread in range(4)]
        reader = net.BufferedReader(net.InputStreamReader(server.getInputStream()))
        received = [reader.readLine() for _ in lines]
    finally:
        sys.setswitchinterval(before)
    for thread in threads:
        thread.outcome()
    assert set(received) == lines
    assert not writer.checkError()


@pytest.mark.parametrize(
    ("read", "sent", "rest", "value"),
    [
        (net.DataInputStream.readInt, b"\0\0", b"\1\2", 0x102),
        (net.DataInputStream.readUTF, b"\0\3a", b"bc", "abc"),
        (net.DataInputStream.readLine, b"ab", b"c\n", "abc"),
    ],
)
def test_a_signal_in_the_middle_loses_nothing(ends, read, sent, rest, value):
    client, server = ends
    server.setSoTimeout(WAIT_LIMIT * 1000)
    out, there = client.getOutputStream(), net.DataInputStream(server.getInputStream())

    out.write(sent)
    with ended_by_a_handler():
        read(there)
    out.write(rest)
    assert read(there) == value


def test_timeouts_have_a_number(ends):
    client, _server = ends
    client.setSoTimeout(1)
    with pytest.raises(net.SocketTimeoutException, match="Read timed out") as caught:
        client.getInputStream().read()
    assert caught.value.errno == errno.ETIMEDOUT
    assert caught.value.getMessage() == "Read timed out"


def test_refused_before_anything_is_read(ends):
    client, server = ends
    client.getOutputStream().write(b"kept")
    there = server.getInputStream()
    data = net.DataInputStream(there)
    for stream in (there, data):
        with pytest.raises(net.NullPointerException):
            stream.transferTo(None)
        with pytest.raises(AttributeError):
            stream.transferTo(5)
        with pytest.raises(TypeError):
            stream.readNBytes(b"read-only", 0, 4)
        with pytest.raises(net.NullPointerException):
            stream.read(None, 0, 4)
    with pytest.raises(TypeError):
        data.readFully(b"read-only")
    with pytest.raises(TypeError):
        net.BufferedReader(data).read("no list")
    assert there.readNBytes(4) == b"kept"


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda wrong: net.Socket(wrong, 80), "an InetAddress or the name of a host"),
        (lambda wrong: net.InetSocketAddress(wrong, 80), "a port, an InetAddress or the name of a host"),
        (net.DatagramSocket, "a port, a SocketAddress or None"),
        (net.MulticastSocket, "a port, a SocketAddress or None"),
    ],
)
def test_arguments_of_other_types(make, names):
    with pytest.raises(TypeError) as caught:
        make(1.5)
    assert str(caught.value) == f"expected {names}"
    with pytest.raises((OverflowError, TypeError)) as caught:
        make(2**70)
    assert "\n" not in str(caught.value)


def test_values_that_are_not_bytes(ends):
    client, _server = ends
    for wrong in (None, "a", 1.5, b"a"):
        with pytest.raises(TypeError):
            client.sendUrgentData(wrong)


@pytest.mark.parametrize("arguments", [(0, -1), (2, 5), (-1, 2), (9,), (9, 0), (2**70,)])
@pytest.mark.parametrize("buffered", [False, True])
def test_parts_outside_a_list(buffered, arguments):
    reader = net.InputStreamReader(io.BytesIO(b"abcdef"))
    if buffered:
        reader = net.BufferedReader(reader)
    room = ["-"] * 4
    with pytest.raises(net.IndexOutOfBoundsException):
        reader.read(room, *arguments)
    assert room == ["-"] * 4
    assert reader.read() == ord("a")


@pytest.mark.parametrize("arguments", [(-1,), (1, 5), (0, -1), (9,)])
def test_parts_outside_a_text(arguments):
    out = io.BytesIO()
    for writer in (net.OutputStreamWriter(out), net.BufferedWriter(net.PrintWriter(out))):
        with pytest.raises(net.IndexOutOfBoundsException):
            writer.write("abc", *arguments)
        with pytest.raises(net.NullPointerException):
            writer.write(None)
        for wrong in (1.5, b"abc"):
            with pytest.raises(TypeError):
                writer.write(wrong)
        writer.flush()
    assert out.getvalue() == b""


def test_none_and_what_is_no_stream():
    readers = (net.BufferedReader, net.BufferedInputStream, net.DataInputStream)
    writers = (net.BufferedWriter, net.BufferedOutputStream, net.DataOutputStream, net.PrintWriter)
    for make in readers + writers:
        with pytest.raises(net.NullPointerException):
            make(None)
        with pytest.raises(TypeError):
            make(42)
    data = net.DataOutputStream(io.BytesIO())
    for write in (data.writeUTF, data.writeBytes, data.writeChars):
        with pytest.raises(net.NullPointerException):
            write(None)
        with pytest.raises(TypeError):
            write(5)
    for write in (data.writeDouble, data.writeFloat):
        with pytest.raises(TypeError):
            write("x")
    with pytest.raises(net.NullPointerException):
        net.InputStreamReader(io.BytesIO(), None)
    for charset in ("nope", "a\0", "hex"):
        with pytest.raises(net.UnsupportedEncodingException):
            net.InputStreamReader(io.BytesIO(), charset)
        with pytest.raises(net.UnsupportedEncodingException):
            net.PrintWriter(io.BytesIO(), False, charset)


def test_buffered_stream_after_close():
    stream = net.BufferedInputStream(io.BytesIO(b"abc"))
    assert stream.read() == ord("a")
    stream.close()
    for call in (stream.read, stream.available):
        with pytest.raises(net.IOException, match="Stream closed"):
            call()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xc1\x81", "A"),
        (b"\xe0\x80\x80", "\0"),
        (b"\xe0\x81\x81b", "Ab"),
        (b"\xed\xa0\xbd\xed\xb8\x80\xc1\x81", "😀A"),
    ],
)
def test_more_bytes_than_needed(data, text):
    """java.io.DataInputStream accepts them too."""
    assert net.DataInputStream(io.BytesIO(len(data).to_bytes(2, "big") + data)).readUTF() == text


def test_a_line_of_bytes_without_end(monkeypatch):
    monkeypatch.setattr("polysock.net._data_streams.LONGEST_LINE", 5)
    stream = net.DataInputStream(io.BytesIO(b"abcde\nabcdefgh\n"))
    assert stream.readLine() == "abcde"
    with pytest.raises(net.IOException, match="longer than 5 bytes"):
        stream.readLine()
    assert stream.readAllBytes() == b"abcdefgh\n"


PACKET = """
from polysock import net
class Buffer(bytearray):
    def __del__(self):
        print(packet.getLength(), packet.getPort())
packet = net.DatagramPacket(Buffer(5), 5)
packet.setData(bytearray(3))
packet.setData(Buffer(7))
packet.setPort(9)
packet.setData(bytearray(1))
"""


def test_a_packet_asked_by_a_finalizer():
    done = subprocess.run(
        [sys.executable, "-c", PACKET], capture_output=True, text=True, timeout=WAIT_LIMIT, check=True
    )
    assert done.stdout == "3 0\n1 9\n"


def test_arguments_that_are_not_packets():
    with pytest.raises(OverflowError):
        net.DatagramPacket(bytearray(3), 2**70)
    for wrong in ((), ("3",), (1.5,)):
        with pytest.raises(TypeError):
            net.DatagramPacket(bytearray(3), *wrong)


def test_forgotten_with_linger_lets_others_run():
    with net.ServerSocket(0) as listener:
        client = net.Socket("127.0.0.1", listener.getLocalPort())
        server = listener.accept()
    out = client.getOutputStream()

    with ended_by_a_handler():
        out.write(bytes(20_000_000))
    client.setSoLinger(True, 2 * WAIT_LIMIT)
    server.setSoLinger(True, 0)
    ended = when_main_sleeps(server.close)  # which ends the wait: a reset
    began = time.monotonic()
    del client, out
    gc.collect()
    assert time.monotonic() - began < WAIT_LIMIT
    ended.outcome()

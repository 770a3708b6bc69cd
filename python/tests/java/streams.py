"""Streams and their formats (rows 7, 8, 10)."""

from java.twin import Pair, act, show, text

from polysock.net import (
    BufferedReader,
    BufferedWriter,
    DataInputStream,
    DataOutputStream,
    InputStream,
    InputStreamReader,
    OutputStream,
    OutputStreamWriter,
    PrintStream,
    PrintWriter,
)


class ByteArrayOutputStream(OutputStream):
    def __init__(self):
        self.bytes = bytearray()

    def write(self, data, off=0, length=None, /):
        self.bytes += bytes([data & 0xFF]) if isinstance(data, int) else bytes(data)[off:][:length]

    def __str__(self):
        return self.bytes.decode()


class ByteArrayInputStream(InputStream):
    def __init__(self, data):
        self.bytes = bytearray(data)

    def read(self, buffer=None, off=0, length=None, /):
        if not self.bytes:
            return -1
        if buffer is None:
            return self.bytes.pop(0)
        taken = self.bytes[: len(buffer) - off if length is None else length]
        buffer[off : off + len(taken)] = taken
        del self.bytes[: len(taken)]
        return len(taken)

    def available(self):
        return len(self.bytes)


def written(step, writes):
    def what():
        data = ByteArrayOutputStream()
        out = DataOutputStream(data)
        writes(out)
        return f"{out.size()} {data.bytes.hex()}"

    show(step, what)


def read(step, digits, reads):
    show(step, lambda: reads(DataInputStream(ByteArrayInputStream(bytes.fromhex(digits)))))


def printed(step, value):
    def what():
        data = ByteArrayOutputStream()
        out = PrintWriter(data)
        out.print(value)
        out.flush()
        return data

    show(f"print.{step}", what)


def formatted(step, pattern, *arguments):
    def what():
        data = ByteArrayOutputStream()
        out = PrintWriter(data)
        out.printf(pattern, *arguments)
        out.flush()
        return str(data).replace("\n", "\\n")

    show(f"format.{step}", what)


def lines(data):
    reader = BufferedReader(InputStreamReader(ByteArrayInputStream(data.encode()), "UTF-8"))
    found = ""
    while (line := reader.readLine()) is not None:
        found += f"[{line}]"
    return found


def run():
    pair = Pair()
    out = pair.client.getOutputStream()
    stream = pair.server.getInputStream()
    out.write(b"hello")
    out.write(0x141)
    out.write(b"0123456789", 3, 2)
    room = bytearray(8)
    show("readNBytes", lambda: stream.readNBytes(5).decode())
    show("byte", lambda: stream.read())
    show("part", lambda: f"{stream.read(room, 2, 2)} {room.hex()}")
    show("read.beyond", lambda: stream.read(bytearray(4), 2, 3))
    show("read.negative", lambda: stream.read(bytearray(4), -1, 2))
    show("read.length", lambda: stream.read(bytearray(4), 1, -1))
    act("write.beyond", lambda: out.write(bytes(4), 2, 3))
    show("readNBytes.negative", lambda: len(stream.readNBytes(-1)))
    out.write(b"abcdef")
    show("skip", lambda: stream.skip(2))
    show("available", lambda: stream.available())
    show("readNBytes.part", lambda: f"{stream.readNBytes(room, 1, 3)} {room.hex()}")
    show("mark", lambda: stream.markSupported())
    out.write(b"to the end")
    pair.client.shutdownOutput()
    copy = ByteArrayOutputStream()
    show("transferTo", lambda: f"{stream.transferTo(copy)} {copy}")
    show("end.all", lambda: len(stream.readAllBytes()))
    show("end.nBytes", lambda: len(stream.readNBytes(5)))
    show("end.skip", lambda: stream.skip(5))
    act("end.skipN", lambda: stream.skipNBytes(1))
    pair.close()

    def booleans(o):
        o.writeBoolean(True)
        o.writeBoolean(False)

    written("write.boolean", booleans)
    written("write.byte", lambda o: o.writeByte(0x1FF))
    written("write.short", lambda o: o.writeShort(-2))
    written("write.char", lambda o: o.writeChar("é"))
    written("write.int", lambda o: o.writeInt(0x12345678))
    written("write.intNegative", lambda o: o.writeInt(-5))
    written("write.long", lambda o: o.writeLong(-2))
    written("write.float", lambda o: o.writeFloat(1.5))
    written("write.double", lambda o: o.writeDouble(-0.1))
    written("write.bytes", lambda o: o.writeBytes("aé€😀"))
    written("write.chars", lambda o: o.writeChars("a€😀"))
    written("write.utf", lambda o: o.writeUTF("a\0é€😀"))
    written("write.utfEmpty", lambda o: o.writeUTF(""))
    written("write.utfLong", lambda o: o.writeUTF("x" * 65_536))
    read("read.boolean", "0700", lambda i: f"{text(i.readBoolean())} {text(i.readBoolean())}")
    read("read.byte", "80ff", lambda i: f"{i.readByte()} {i.readUnsignedByte()}")
    read("read.short", "8000ffff", lambda i: f"{i.readShort()} {i.readUnsignedShort()}")
    read("read.char", "00e9", lambda i: i.readChar())
    read("read.int", "80000000", lambda i: i.readInt())
    read("read.long", "7fffffffffffffff", lambda i: i.readLong())
    read("read.float", "3fc00000", lambda i: i.readFloat())
    read("read.double", "bfb999999999999a", lambda i: i.readDouble())
    read("read.utf", "000e61c080c3a9e282aceda0bdedb880", lambda i: i.readUTF() == "a\0é€😀")

    def fully(i):
        three = bytearray(5)
        i.readFully(three, 1, 3)
        return f"{three.hex()} {i.available()}"

    read("read.fully", "010203040506", fully)
    read("read.skip", "010203", lambda i: f"{i.skipBytes(2)} {i.skipBytes(5)}")
    read(
        "read.line",
        "610d0a620d630a0a64",
        lambda i: f"{i.readLine()}{i.readLine()}{i.readLine()}{len(i.readLine())}{i.readLine()}{text(i.readLine())}",
    )
    read("read.short.end", "00", lambda i: i.readShort())
    read("read.end", "", lambda i: i.readByte())
    read("read.fully.end", "0102", lambda i: i.readFully(bytearray(3)))

    show("lines.empty", lambda: lines(""))
    show("lines.ends", lambda: lines("a\rb\r\nc\n\rd"))
    show("lines.blank", lambda: lines("\n\n"))
    show("lines.others", lambda: len(lines("a\u000bb\u0085c\u2028d\n")))
    show("lines.unicode", lambda: lines("ü€😀\nlast") == "[ü€😀][last]")

    def characters():
        reader = BufferedReader(InputStreamReader(ByteArrayInputStream("é\r\nbcd".encode()), "UTF-8"))
        chars = [""] * 4
        return (
            f"{reader.read()} {len(reader.readLine())} {reader.read(chars, 1, 2)} {chars[1]}{chars[2]} "
            f"{text(reader.ready())} {reader.skip(5)} {reader.read()}"
        )

    show("reader.read", characters)
    show(
        "reader.malformed",
        lambda: BufferedReader(InputStreamReader(ByteArrayInputStream(b"\xffa\xc3"))).readLine() == "\ufffda\ufffd",
    )

    def closed():
        reader = BufferedReader(InputStreamReader(ByteArrayInputStream(bytes(1))))
        reader.close()
        return reader.readLine()

    show("reader.closed", closed)
    show("reader.charset", lambda: InputStreamReader(ByteArrayInputStream(bytes(1)), "klingon"))

    printed("null", None)
    printed("true", True)
    printed("int", -7)
    printed("string", "text")
    doubles = (1, 0, -0.0, 100.25, 1e7, 9999999, 123456789.5, 0.001, 0.00012, -1.5e-300, 0.1, 1e21, 1.0 / 3)
    for index, value in enumerate((*doubles, float("nan"), float("inf"))):
        printed(f"double{index}", float(value))
    formatted("int", "%d|%5d|%-5d|%05d|%+d|% d|%(d|%,d", 1, 2, 3, -4, 5, 6, -7, 1234567)
    formatted("hex", "%x %X %#x %o %x", 255, 255, 255, 8, -1)
    formatted("string", "%s %S %10s|%-4s|%.2s", "a", "b", "c", "d", "efg")
    formatted("boolean", "%b %B %b", True, None, "x")
    formatted("char", "%c%c%%%n", "a", 66)
    formatted("float", "%f %.2f %8.3f %08.2f %.0f %.1f", 1.5, 2.345, -3.14159, 2.5, 0.5, 0.25)
    formatted("exponent", "%e %.2E %g %g %.3g", 12345.678, 0.00012, 0.0, 1234567.0, 0.00012345)
    formatted("index", "%2$s %1$s %<s %s", "a", "b")
    formatted("null", "%s %d %5.1f", None, None, None)
    formatted("unknown", "%q", 1)
    formatted("missing", "%d")
    formatted("mismatch", "%d", "text")

    printing = Pair()
    there = printing.server.getInputStream()
    kept = PrintWriter(printing.client.getOutputStream())
    kept.println("kept")
    show("print.kept", lambda: there.available())
    kept.flush()
    show("print.flushed", lambda: len(there.readNBytes(5)))
    automatic = PrintWriter(printing.client.getOutputStream(), True)
    automatic.print("a")
    show("print.auto.print", lambda: there.available())
    automatic.println(1.5)
    show("print.auto.println", lambda: there.readNBytes(5).decode().replace("\n", "\\n"))
    automatic.printf("%d", 5).append("x").flush()
    show("print.auto.printf", lambda: there.readNBytes(2).decode())
    direct = PrintStream(printing.client.getOutputStream())
    direct.print("at once")
    show("print.stream", lambda: there.readNBytes(7).decode())
    writer = BufferedWriter(OutputStreamWriter(printing.client.getOutputStream(), "ISO-8859-1"))
    writer.write("ä€")
    writer.newLine()
    writer.write("abcdef", 2, 2)
    writer.flush()
    show("print.writer", lambda: there.readNBytes(5).hex())
    show("print.noError", lambda: automatic.checkError())
    printing.client.close()
    automatic.println("lost")
    show("print.error", lambda: automatic.checkError())
    printing.close()
    ended = PrintWriter(ByteArrayOutputStream())
    ended.close()
    ended.print("lost")
    show("print.closed", lambda: ended.checkError())

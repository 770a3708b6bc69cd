"""DataInputStream and DataOutputStream: numbers and texts in Java's format."""

import functools
import re
import struct

from .. import _native
from ._errors import EOFException, IOException, UTFDataFormatException
from ._streams import LONGEST_LINE, FilterInputStream, FilterOutputStream
from ._values import decode_modified, encode_modified, part, room, text_of

_UNSIGNED_SHORT, _FLOAT, _DOUBLE = struct.Struct(">H"), struct.Struct(">f"), struct.Struct(">d")
_LINE_END = re.compile(rb"\r|\n")


def _reads(layout):
    """Makes a method that reads one value, whose layout is that of the struct module, big-endian."""
    layout = struct.Struct(">" + layout)

    def decorate(method):
        @functools.wraps(method)
        def read(self):
            turn = self._turn
            turn.taken = True
            try:
                value, self._at = self._value(layout)
                return value
            finally:
                turn.taken = False

        return read

    return decorate


class DataInputStream(FilterInputStream):
    """Reads numbers and texts in the format of Java's DataOutputStream: big-endian on every machine."""

    def _require(self, length):
        """Reads until `length` bytes are kept; raises EOFException if the stream ends before."""
        try:
            whole = self._need(length, 0)
        except BaseException as failed:  # including what a signal handler raises
            failed.bytesTransferred = len(self._kept) - self._at
            raise
        if not whole:
            self._at = len(self._kept)
            raise EOFException

    def _value(self, layout):
        """Returns the next value of a layout, and where it ends."""
        self._require(layout.size)
        return layout.unpack_from(self._kept, self._at)[0], self._at + layout.size

    def readFully(self, buffer, off=0, length=None, /):
        """Fills (a part of) a buffer; raises EOFException if the stream ends before."""
        view = room(buffer, off, length)
        count = len(view)
        turn = self._turn
        turn.taken = True
        try:
            self._require(count)
            at = self._at
            view[:] = self._kept[at : at + count]
            self._at = at + count
        finally:
            turn.taken = False

    def skipBytes(self, n, /):
        """Reads and drops `n` bytes, fewer only at the end of the stream; returns their number."""
        return self.skip(n)

    @_reads("?")
    def readBoolean(self):
        """Reads one byte: False if it is 0."""

    @_reads("b")
    def readByte(self):
        """Reads an 8-bit integer, -128 to 127."""

    @_reads("B")
    def readUnsignedByte(self):
        """Reads an 8-bit integer, 0 to 255."""

    @_reads("h")
    def readShort(self):
        """Reads a 16-bit integer, -32,768 to 32,767."""

    @_reads("H")
    def readUnsignedShort(self):
        """Reads a 16-bit integer, 0 to 65,535."""

    @_reads("i")
    def readInt(self):
        """Reads a 32-bit integer."""

    @_reads("q")
    def readLong(self):
        """Reads a 64-bit integer."""

    @_reads("f")
    def readFloat(self):
        """Reads a 32-bit floating-point number (IEEE 754)."""

    @_reads("d")
    def readDouble(self):
        """Reads a 64-bit floating-point number (IEEE 754)."""

    def readChar(self):
        """Reads one UTF-16 code unit as a character."""
        turn = self._turn
        turn.taken = True
        try:
            number, end = self._value(_UNSIGNED_SHORT)
            character = chr(number)
            self._at = end
            return character
        finally:
            turn.taken = False

    def readUTF(self):
        """Reads a text: two bytes with the number of bytes that follow, then modified UTF-8."""
        turn = self._turn
        turn.taken = True
        try:
            length, _begin = self._value(_UNSIGNED_SHORT)
            self._require(2 + length)
            begin = self._at + 2
            end = begin + length
            try:
                text = decode_modified(bytes(self._kept[begin:end]))
            except UTFDataFormatException:
                self._at = end
                raise
            self._at = end
            return text
        finally:
            turn.taken = False

    def readLine(self):
        """Reads a line of Latin-1 without its end; None at the end of the stream. (Deprecated in Java: a BufferedReader
        reads lines in any encoding.) A line of over 16 Mi bytes raises IOException; what was read of it is kept."""
        turn = self._turn
        turn.taken = True
        try:
            line, self._at = self._find_line()
            return line
        finally:
            turn.taken = False

    def _find_line(self):
        """Returns the next line, and where the one after it begins."""
        kept, count = self._kept, 0
        while True:
            begin = self._at
            found = _LINE_END.search(kept, begin + count)
            count = len(kept) - begin
            if found is not None and (
                found.group() == b"\n" or found.end() < len(kept) or not self._need(count + 1, 0)
            ):
                break
            if found is None and count > LONGEST_LINE:
                raise IOException(f"the line is longer than {LONGEST_LINE} bytes")
            if found is None and not self._need(count + 1, 0):
                line = kept[self._at :].decode("latin-1")
                return line or None, len(kept)
            count = max(count - 1, 0) if found is not None else count
        begin = self._at
        found = _LINE_END.search(kept, begin)
        end = found.end()
        if found.group() == b"\r" and kept[end : end + 1] == b"\n":
            end += 1
        return kept[begin : found.start()].decode("latin-1"), end


class DataOutputStream(FilterOutputStream):
    """Writes numbers and texts in the format of Java's DataInputStream: big-endian on every machine."""

    def __init__(self, stream, /):
        super().__init__(stream)
        self._written = 0

    def write(self, data, off=0, length=None, /):
        """Writes all of (a part of) a bytes-like object, or the low 8 bits of a number."""
        data = bytearray((data & 0xFF,)) if isinstance(data, int) else bytearray(part(data, off, length))
        count = len(data)
        try:
            _native.send_out(self._stream, data)
        except BaseException as failed:
            failed.done = count - len(data)
            self._written += failed.done
            raise
        self._written += count

    def size(self):
        """The number of bytes written so far."""
        return self._written

    def writeBoolean(self, v, /):
        """Writes one byte: 1 or 0."""
        self.write(b"\1" if v else b"\0")

    def writeByte(self, v, /):
        """Writes the low 8 bits of a number."""
        self.write(v & 0xFF)

    def writeShort(self, v, /):
        """Writes the low 16 bits of a number."""
        self.write(_UNSIGNED_SHORT.pack(v & 0xFFFF))

    def writeChar(self, v, /):
        """Writes one UTF-16 code unit: a character, or the low 16 bits of a number."""
        self.writeShort(ord(v) if isinstance(v, str) else v)

    def writeInt(self, v, /):
        """Writes the low 32 bits of a number."""
        self.write((v & 0xFFFF_FFFF).to_bytes(4, "big"))

    def writeLong(self, v, /):
        """Writes the low 64 bits of a number."""
        self.write((v & 0xFFFF_FFFF_FFFF_FFFF).to_bytes(8, "big"))

    def writeFloat(self, v, /):
        """Writes a 32-bit floating-point number (IEEE 754)."""
        try:
            packed = _packed(_FLOAT, v)
        except OverflowError:
            packed = _FLOAT.pack(float("inf") if v > 0 else float("-inf"))
        self.write(packed)

    def writeDouble(self, v, /):
        """Writes a 64-bit floating-point number (IEEE 754)."""
        self.write(_packed(_DOUBLE, v))

    def writeBytes(self, s, /):
        """Writes the low 8 bits of each UTF-16 code unit of a text."""
        self.write(text_of(s).encode("utf-16-le", "surrogatepass")[::2])

    def writeChars(self, s, /):
        """Writes a text in UTF-16."""
        self.write(text_of(s).encode("utf-16-be", "surrogatepass"))

    def writeUTF(self, str, /):
        """Writes a text: two bytes with the number of bytes that follow, at most 65,535, then modified UTF-8."""
        body = encode_modified(text_of(str))
        if len(body) > 0xFFFF:
            ends = f"{str[:8]}...{str[-8:]}"
            raise UTFDataFormatException(f"encoded string ({ends}) too long: {len(body)} bytes")
        self.write(_UNSIGNED_SHORT.pack(len(body)) + body)


def _packed(layout, number):
    try:
        return layout.pack(number)
    except struct.error as failed:
        raise TypeError(str(failed)) from None

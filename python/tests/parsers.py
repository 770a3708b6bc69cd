"""What must hold of the parsers of the Python package, whatever bytes they read.

Each function takes bytes that a fuzzer has chosen, and raises AssertionError where the property does not hold.

`test_parsers.py` plays the inputs in `corpus/` and others made from them; `make fuzz` searches for more with Atheris
(`fuzz_parsers.py`).
"""

import json
import math
import re
import socket as standard
import struct

from net_helpers import Bytes, Pieces, late

import polysock
from polysock._doctor import sock_diag
from polysock._doctor.examination import Examination
from polysock._doctor.judgements import judgements
from polysock._doctor.page import page
from polysock._doctor.report import as_values
from polysock._doctor.system import System
from polysock._trace.reader import is_record, is_segment
from polysock._trace.segments import Connections
from polysock._wire.headers import address_from, address_text, parse
from polysock._wire.recorder import record_of
from polysock._wire.ring import SNAP
from polysock.net import (
    BufferedInputStream,
    BufferedReader,
    DataInputStream,
    DataOutputStream,
    InputMismatchException,
    InputStreamReader,
    IOException,
    NoSuchElementException,
    Scanner,
    SocketTimeoutException,
    UTFDataFormatException,
)
from polysock.net._values import _decode_units, decode_modified, encode_modified


class Arriving(Pieces):
    """A stream that arrives in pieces, with a timeout before some of them."""

    def __init__(self, data, lengths):
        pieces, at = [], 0
        while at < len(data):
            length = lengths[len(pieces) % len(lengths)] if lengths else 0xFF
            if length >= 0x80:
                pieces.append(late())
            at, piece = at + length % 0x80 + 1, data[at : at + length % 0x80 + 1]
            pieces.append(piece)
        super().__init__(*pieces)
        self.timeouts = 0

    def read(self, buffer=None, off=0, length=None, /):
        try:
            return super().read(buffer, off, length)
        except SocketTimeoutException:
            self.timeouts += 1
            raise

    def settled(self, call, *arguments):
        """What a call returns or raises, repeated while a timeout is the reason."""
        while True:
            before = self.timeouts
            try:
                result = call(*arguments)
            except SocketTimeoutException:
                continue
            except (IOException, NoSuchElementException) as failed:
                result = type(failed)
            if self.timeouts == before or not (result is False or result is NoSuchElementException):
                return result

    def counted(self, call, count):
        """The same for a call that reads or skips so many bytes: an exception says how many there were."""
        done, partial = 0, b""
        while True:
            try:
                result = call(count - done)
            except SocketTimeoutException as late:
                done, partial = done + late.bytesTransferred, partial + getattr(late, "partial", b"")
            else:
                return partial + result if isinstance(result, bytes) else done + result


def parts(data):
    """The calls to make, the lengths of the pieces, and the stream."""
    calls, lengths = data[:1], data[1:2]
    at = 2 + (calls[0] % 16 if calls else 0)
    end = at + (lengths[0] % 8 if lengths else 0)
    return data[2:at], data[at:end], data[end:]


def modified_utf8(data):
    """Decoding is what java.io.DataInputStream does, and what is decoded is encoded again to the same text."""

    def decoded(decode):
        try:
            return decode(data).encode("utf-16", "surrogatepass")
        except UTFDataFormatException:
            return None

    assert decoded(decode_modified) == decoded(_decode_units)
    text = data.decode("utf-16-be", "surrogatepass") if len(data) % 2 == 0 else data.decode("latin-1")
    encoded = encode_modified(text)
    assert decode_modified(encoded) == text
    assert b"\0" not in encoded
    assert all(byte < 0xF0 for byte in encoded)


# Each reads one value; the layout is that of the struct module.
VALUES = {
    "readBoolean": ">?",
    "readByte": ">b",
    "readUnsignedByte": ">B",
    "readShort": ">h",
    "readUnsignedShort": ">H",
    "readInt": ">i",
    "readLong": ">q",
    "readFloat": ">f",
    "readDouble": ">d",
}
WRITTEN = {"readUnsignedByte": "writeByte", "readUnsignedShort": "writeShort"}


def data_stream(data):
    """Values and texts are the same however the stream arrives, and what is written is read again."""
    calls, lengths, content = parts(data)
    names = [*VALUES, "readUTF", "readLine", "readChar", "readNBytes", "skipBytes"]
    whole, source = DataInputStream(Pieces(content)), Arriving(content, lengths)
    arriving = DataInputStream(BufferedInputStream(source, 3) if len(lengths) % 2 else source)
    at = 0
    for call in calls:
        name = names[call % len(names)]
        if name in ("readNBytes", "skipBytes"):
            expected = getattr(whole, name)(call // 16)
            found = source.counted(getattr(arriving, name), call // 16)
        else:
            expected = Arriving(b"", b"").settled(getattr(whole, name))
            found = source.settled(getattr(arriving, name))
        assert repr(found) == repr(expected), name
        if name not in VALUES or not isinstance(at, int):
            at = None
            continue
        layout = struct.Struct(VALUES[name])
        if len(content) - at < layout.size:
            assert expected.__name__ == "EOFException"
            at = None
            continue
        (value,) = layout.unpack_from(content, at)
        assert expected == value or math.isnan(value)
        out = Bytes()
        getattr(DataOutputStream(out), WRITTEN.get(name, name.replace("read", "write")))(value)
        if name != "readBoolean" and not math.isnan(value):
            assert out.data == content[at : at + layout.size]
        at += layout.size


def lines(data):
    """Lines are those that splitting the whole text gives, however it arrives."""
    _calls, lengths, content = parts(data)
    text = content.decode("utf-8", "replace")

    def all_of(line, source):
        found = []
        while (result := source.settled(line)) is not None:
            found.append(result)
        return found

    source = Arriving(content, lengths)
    assert all_of(DataInputStream(source).readLine, source) == split(content.decode("latin-1"), "\r\n|\r|\n")
    source = Arriving(content, lengths)
    assert all_of(BufferedReader(InputStreamReader(source)).readLine, source) == split(text, "\r\n|\r|\n")
    source = Arriving(content, lengths)
    scanner, found = Scanner(source), []
    while source.settled(scanner.hasNextLine):
        found.append(scanner.nextLine())
    assert found == split(text, "\r\n|[\n\r\u2028\u2029\u0085]")


def split(text, ends):
    found = re.split(ends, text)
    return found[:-1] if found[-1] == "" else found


def scanner(data):
    """Words and numbers are the same however the text arrives, and nothing is taken that was not returned."""
    calls, lengths, content = parts(data)
    source = Arriving(content, lengths)
    arriving, whole, text = Scanner(source), Scanner(Pieces(content)), Scanner(content.decode("utf-8", "replace"))
    types = ["", "Line", "Int", "Long", "Double", "Boolean"]
    at_once = Arriving(b"", b"")
    for call in calls:
        kind = types[call % len(types)]
        there = [
            here.settled(getattr(each, "hasNext" + kind))
            for here, each in ((source, arriving), (at_once, whole), (at_once, text))
        ]
        assert there[0] == there[1] == there[2], (kind, there)
        values = [
            repr(here.settled(getattr(each, "next" + kind)))
            for here, each in ((source, arriving), (at_once, whole), (at_once, text))
        ]
        assert values[0] == values[1] == values[2], (kind, values)
        assert there[0] == (values[0] not in REFUSALS), (kind, values)
    assert [*whole] == [*text]


REFUSALS = (repr(NoSuchElementException), repr(InputMismatchException))


def inet_text(data):
    """IP addresses as text and as bytes are what the standard module says."""
    text = data.decode("utf-8", "replace")
    for name, *arguments in (
        ("inet_aton", text),
        ("inet_pton", standard.AF_INET, text),
        ("inet_pton", standard.AF_INET6, text),
        ("inet_ntoa", data),
        ("inet_ntop", standard.AF_INET, data),
        ("inet_ntop", standard.AF_INET6, data),
    ):
        results = []
        for module in (standard, polysock):
            try:
                results.append(getattr(module, name)(*arguments))
            except (OSError, ValueError) as failed:
                results.append((type(failed), *failed.args))
        assert results[0] == results[1], (name, arguments, results)


class EveryFile(System):
    """A system whose files all have the same content."""

    def __init__(self, content):
        super().__init__("/nowhere")
        self.content = content

    def text(self, name, optional=False):
        return self.content.decode("ascii", "backslashreplace")

    def lines(self, name, optional=False):
        return iter(self.text(name).splitlines(keepends=True))


def doctor_files(data):
    """Whatever is in /proc: a page without control characters, the same in JSON, and numbers that were in the file."""
    found = Examination(EveryFile(data))
    made = judgements(found)
    shown = [page(found, made, brief=True), *found.settings.text.values()]
    assert all(re.fullmatch(r"[ -~\n]*", text) for text in shown), shown
    report = json.loads(json.dumps(as_values(found, made)))
    assert [one["name"] for one in report["judgements"]] == [one.name for one in made]
    assert sum(sum(states.values()) for states in report["tcp_states"].values()) <= 2 * data.count(b":")
    for setting in report["settings"]:
        assert all(
            str(number) in re.sub(r"\b0+(?=[0-9])", "", data.decode("latin-1")) for number in setting["numbers"] or []
        )


def doctor_diag(data):
    """An answer of sock_diag: no listener that is not in it, and of one cut short the first of them."""
    found, _, _ = sock_diag.parse(data)
    least = sock_diag.MESSAGE.size + sock_diag.SOCKET.size
    assert len(found) * least <= len(data)
    assert all(0 <= one.port <= 65535 and one.waiting < 2**32 and one.limit < 2**32 for one in found)
    for length in range(0, len(data), 9):
        some, _, _ = sock_diag.parse(data[:length])
        assert some == found[: len(some)]


def packet(data):
    """A packet: its record is one that `show` reads, and says the same if only the headers were recorded."""
    found = parse(data, len(data))
    short = parse(data[:SNAP], len(data))
    assert short is None or short == found
    if found is None:
        return
    for end in (found.source, found.target):
        assert len(end[0]) in (4, 16)
        assert address_from(address_text(end)) in (end, (end[0][12:], end[1]))
    record = json.loads(json.dumps(record_of(1, found, "lo", "loop")))
    assert is_record(record)
    assert is_segment(record)
    if record["event"] == "segment":
        segment = Connections().segment("", record)
        assert segment.seq == ("SYN" not in segment.flags)
        assert not any(character in record["flags"] for character in " \n")


PROPERTIES = {
    each.__name__: each
    for each in (data_stream, doctor_diag, doctor_files, inet_text, lines, modified_utf8, packet, scanner)
}

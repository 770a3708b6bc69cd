"""Makes frames.txt: messages, and the bytes that other programs put on the wire for them.

`python3 make.py >frames.txt` needs a JDK, Go, and the package protobuf; the tests need only frames.txt.
"""

import io
import platform
import socket
import struct
import subprocess
from multiprocessing.connection import Connection
from pathlib import Path

import google.protobuf
from google.protobuf import proto, wrappers_pb2

HERE = Path(__file__).parent
BEGINNING = """\
# Messages and their bytes on the wire, as other programs produce them. Every language's tests send the messages and compare the
# bytes, and receive the bytes and compare the messages. Made by make.py; do not edit.
#
#   NAME FRAMING MESSAGE... = BYTES...
#
# A message is hex digits, - for an empty one, or pattern:N: N bytes, the byte at offset i is (i + i / 251) mod 256. BYTES are
# several of these in a row. FRAMING is a length of that width and byte order (u8, u16be ...), varint, lines, fixed:SIZE or
# delim:HEX.
"""
STRUCTS = {"u8": "!B", "u16be": "!H", "u16le": "<H", "u32be": "!I", "u32le": "<I", "u64be": "!Q", "u64le": "<Q"}
SHORT = [b"hello", b"", b"\0\xff\r\n"]


def pattern(length):
    return bytes((i + i // 251) % 256 for i in range(length))


LONG = {length: pattern(length) for length in (127, 128, 200, 300, 20000, 70000)}
BY_PREFIX = {
    "u8": [*SHORT, LONG[200]],
    "u16be": [*SHORT, LONG[300]],
    "u16le": [*SHORT, LONG[300]],
    "varint": [*SHORT, LONG[127], LONG[128], LONG[300], LONG[20000], LONG[70000]],
}


def messages_for(framing):
    return BY_PREFIX.get(framing, [*SHORT, LONG[70000]])


def with_struct(framing, messages):
    return b"".join(struct.pack(STRUCTS[framing], len(message)) + message for message in messages)


def with_multiprocessing(messages):
    ours, theirs = socket.socketpair()
    with ours, Connection(theirs.detach()) as connection:
        wire = bytearray()
        for message in messages:
            connection.send_bytes(message)
            wire += ours.recv(len(message) + 4, socket.MSG_WAITALL)
        return bytes(wire)


def with_protobuf(texts):
    """The messages, and the stream that they form."""
    stream = io.BytesIO()
    messages = [wrappers_pb2.StringValue(value=text) for text in texts]
    for message in messages:
        proto.serialize_length_prefixed(message, stream)
    return [message.SerializeToString() for message in messages], stream.getvalue()


def with_program(command, framing, messages):
    line = " ".join([framing, *(message.hex() or "-" for message in messages)])
    made = subprocess.run(command, cwd=HERE, input=line, capture_output=True, text=True, check=True, timeout=120)
    return bytes.fromhex(made.stdout)


def words_of(messages):
    names = {message: f"pattern:{length}" for length, message in LONG.items()}
    return [names.get(message) or message.hex() or "-" for message in messages]


def words_of_wire(wire):
    """Hex digits, with the long messages by name."""
    words = []
    while wire:
        at, length = min(((wire.find(LONG[length]), -length) for length in LONG if LONG[length] in wire), default=(len(wire), 0))
        words += [wire[:at].hex()] if at else []
        words += [f"pattern:{-length}"] if length else []
        wire = wire[at - length :]
    return words


def show(name, how, framing, messages, wire):
    print(f"\n# {how}")
    print(name, framing, *words_of(messages), "=", *words_of_wire(wire))


def main():
    python = f"Python {platform.python_version()}"
    java = subprocess.run(["java", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    go = subprocess.run(["go", "version"], capture_output=True, text=True, check=True).stdout.split()[2]
    print(BEGINNING, end="")
    for framing, code in STRUCTS.items():
        messages = messages_for(framing)
        how = f'{python}: struct.pack("{code}", len(message)) + message'
        show(f"struct-{framing}", how, framing, messages, with_struct(framing, messages))
    messages = messages_for("u32be")
    how = f"{python}: multiprocessing.connection.Connection.send_bytes"
    show("multiprocessing", how, "u32be", messages, with_multiprocessing(messages))
    for framing in ("u8", "u16be", "u32be", "u64be"):
        messages = messages_for(framing)
        wire = with_program(["java", "Frames.java", "encode"], framing, messages)
        show(f"java-{framing}", f"{java}: java.io.DataOutputStream, see Frames.java", framing, messages, wire)
    for framing in ("u16be", "u16le", "u32be", "u32le", "u64be", "u64le", "varint"):
        messages = messages_for(framing)
        wire = with_program(["go", "run", "frames.go"], framing, messages)
        show(f"go-{framing}", f"{go}: encoding/binary, see frames.go", framing, messages, wire)
    messages, wire = with_protobuf(["hello", "", "x" * 120, "y" * 130, "z" * 300])
    how = f"protobuf {google.protobuf.__version__} for Python: google.protobuf.proto.serialize_length_prefixed of StringValue"
    show("protobuf", how, "varint", messages, wire)
    texts = ["hello", "", "a line", "ünïcode"]
    wire = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    print(*texts, sep="\n", file=wire, flush=True)
    how = f'{python}: print(*texts, sep="\\n")'
    show("lines", how, "lines", [text.encode() for text in texts], wire.buffer.getvalue())
    records = [struct.pack("<hi", number, -number) for number in (1, 300, -1)]
    show("records", f'{python}: struct.pack("<hi", number, -number)', "fixed:6", records, b"".join(records))
    texts = [b"one", b"", b"a\r\nb"]
    show("delimiter", f'{python}: text + b"\\r\\n.\\r\\n"', "delim:0d0a2e0d0a", texts, b"".join(text + b"\r\n.\r\n" for text in texts))


main()

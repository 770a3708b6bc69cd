"""Requests that make no sense, payloads, addresses and other values as the protocol writes them."""

import os
import re
import zlib

PERIOD = 64256
PATTERN = bytes((i + i // 251) % 256 for i in range(PERIOD))


class Malformed(Exception):
    """The request makes no sense: an error of the scenario or the runner."""


class Unsupported(Exception):
    """This module lacks it."""


def pattern(count, offset=0):
    start = offset % PERIOD
    return (PATTERN * ((start + count) // PERIOD + 1))[start : start + count]


def payload(text):
    if text == "-":
        return b""
    if text.startswith("pattern:"):
        count, _, offset = text[8:].partition("@")
        return pattern(int(count), int(offset or 0))
    return bytes.fromhex(text)


def received(data):
    if len(data) <= 64:
        return f"n={len(data)} data={data.hex() or '-'}"
    return f"n={len(data)} hash={zlib.adler32(data):08x}"


def on_off(value):
    return "on" if value else "off"


def is_on(text):
    if text not in ("on", "off"):
        raise Malformed(f"on or off, not {text}")
    return text == "on"


def seconds(text):
    return None if text == "never" else int(text) / 1000


PLAIN = re.compile(rb"[A-Za-z0-9._/-]+")


def read_address(words):
    """Two words are host and port, one is a Unix address: /path, @abstract, @:hex digits, - (unnamed)."""
    if len(words) == 2:
        return words[0], int(words[1])
    (name,) = words
    if name.startswith("@:"):
        return b"\0" + bytes.fromhex(name[2:])
    return b"\0" + name[1:].encode() if name.startswith("@") else name.removeprefix("-")


def show_address(address):
    if isinstance(address, tuple):
        return f"host={address[0]} port={address[1]}"
    name = os.fsencode(address) if isinstance(address, str) else address or b""
    if name.startswith(b"\0"):
        plain = PLAIN.fullmatch(name[1:])
        return "name=@" + (name[1:].decode() if plain else ":" + name[1:].hex())
    return f"name={os.fsdecode(name) or '-'}"

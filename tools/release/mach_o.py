"""What the loader of macOS reads in a library: for which processor and which macOS it is, and what it needs.

The format is that of <mach-o/loader.h>: a header, then the load commands, each with its number and its size. One of
them says where the symbols are (<mach-o/nlist.h>).
"""

import struct
from dataclasses import dataclass, field

from .commands import Failed

MAGIC_64 = 0xFEEDFACF
PROCESSORS = {0x0100_0007: "x86_64", 0x0100_000C: "arm64"}
# Load commands. 0x8000_0000 marks those that an old loader must not skip.
ID_DYLIB, VERSION_MIN_MACOSX, BUILD_VERSION, CODE_SIGNATURE = 0xD, 0x24, 0x32, 0x1D
LOAD_DYLIB, LOAD_WEAK_DYLIB, REEXPORT_DYLIB = 0xC, 0x8000_0018, 0x8000_001F
SYMTAB = 0x2
PLATFORM_MACOS = 1
# Of a symbol: the bits of n_type that say whether it is for a debugger and where it is defined, and that of n_desc for
# one that may be missing.
N_STAB, N_TYPE, N_UNDF, N_WEAK_REF = 0xE0, 0x0E, 0x0, 0x40


@dataclass
class Library:
    machine: str
    oldest: tuple[int, int] = (0, 0)  # the first macOS that loads it
    name: str = ""  # the name by which programs linked with it look for it
    needs: list[str] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)  # what other libraries must have, by its name in C
    is_signed: bool = False  # without a signature Apple's processors run nothing; the linker's own is enough


def read(data: bytes) -> Library:
    try:
        return _read(data)
    except (struct.error, KeyError, ValueError) as e:
        raise Failed(f"not a library for macOS: {e}") from e


def _read(data):
    magic, processor, _, _, count, size, _, _ = struct.unpack_from("<8I", data)
    if magic != MAGIC_64:
        raise ValueError(f"it begins with {magic:#x}")
    found = Library(PROCESSORS[processor])
    offset, end = 32, 32 + size
    for _ in range(count):
        command, length = struct.unpack_from("<2I", data, offset)
        if length < 8 or offset + length > end:
            raise ValueError(f"load command at {offset} of {length} bytes")
        body = data[offset : offset + length]
        if command in (ID_DYLIB, LOAD_DYLIB, LOAD_WEAK_DYLIB, REEXPORT_DYLIB):
            (start,) = struct.unpack_from("<I", body, 8)
            text = body[start:].split(b"\0")[0].decode()
            if command == ID_DYLIB:
                found.name = text
            else:
                found.needs.append(text)
        elif command == VERSION_MIN_MACOSX:
            found.oldest = _version(*struct.unpack_from("<I", body, 8))
        elif command == BUILD_VERSION:
            system, version = struct.unpack_from("<2I", body, 8)
            if system != PLATFORM_MACOS:
                raise ValueError(f"it is for Apple's platform {system}")
            found.oldest = _version(version)
        elif command == SYMTAB:
            found.imports = set(_imports(data, *struct.unpack_from("<4I", body, 8)))
        elif command == CODE_SIGNATURE:
            found.is_signed = True
        offset += length
    return found


def _imports(data, at, count, names, size):
    names = data[names : names + size]
    for i in range(count):
        name, kind, _, flags, _ = struct.unpack_from("<I2BHQ", data, at + 16 * i)
        if not kind & N_STAB and kind & N_TYPE == N_UNDF and not flags & N_WEAK_REF:
            yield names[name : names.index(b"\0", name)].decode().removeprefix("_")


def _version(packed):
    return packed >> 16, packed >> 8 & 0xFF

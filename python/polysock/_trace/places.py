"""The places in C, C++ and Rust programs that calls come from.

Such a program records return addresses. The lines of its source are looked up when the trace is shown, by addr2line or
llvm-symbolizer in the file that the program ran from, if that is still the same file. The library's own frames are left
out: those of its classes and inline functions in C++, and all of them where it is a part of the program.
"""

import os
import re
import shutil
import struct
import subprocess

TOOLS = (["addr2line"], ["llvm-addr2line"], ["llvm-symbolizer", "--output-style=GNU"])
LONGEST_LOOK_UP = 60  # seconds, for one file
MOST_PLACES = 100_000  # of a trace

# Functions of ours, by what their names begin with; of a template, the type that it returns comes first.
_OURS = re.compile(r"(?:[^(]*[ <&*])?polysock(?:::|_|\[)")
# A thread begins there; the library's own threads are called from nowhere else.
_BEGINNINGS = frozenset(
    {"start_thread", "clone", "clone3", "__clone", "_start", "__libc_start_main", "__libc_start_call_main"}
)
_C_LIBRARY = re.compile(r"(?:libc[.-]|ld-musl|libpthread)")


class Places:
    """What the records of one file say about places, and the lines that were found for them."""

    def __init__(self, look_up=None):
        self._modules = {}
        self._frames = {}
        self._texts = {}
        self._look_up = look_up or LookUp()

    def note(self, record):
        """Remembers a record that describes a file or a place."""
        if record["event"] == "module":
            number, path = record.get("module"), record.get("path")
            if isinstance(number, int) and isinstance(path, str):
                self._modules[number] = (path, str(record.get("build_id", "")))
            return
        number, frames = record.get("place"), record.get("frames")
        if isinstance(number, int) and isinstance(frames, str) and len(self._frames) < MOST_PLACES:
            self._frames[number] = (list(_parsed(frames)), record.get("outside") is True)

    def text(self, number):
        """The file and line of a place, or what else is known of it; empty if nothing is."""
        text = self._texts.get(number)
        if text is None:
            self._find_all()
            text = self._texts.get(number, "")
        return text

    def _find_all(self):
        """Finds all places that are not known yet, so that each file is searched once."""
        new = [number for number in self._frames if number not in self._texts]
        wanted = {}
        for number in new:
            for module, address in self._frames[number][0]:
                wanted.setdefault(module, set()).add(address)
        for module, addresses in wanted.items():
            if module in self._modules:
                self._look_up.find(self._modules[module], addresses)
        for number in new:
            frames, outside = self._frames[number]
            self._texts[number] = self._described(frames, outside)

    def _described(self, frames, outside):
        for module, address in frames:
            path, build_id = self._modules.get(module, ("", ""))
            name = os.path.basename(path)
            if _C_LIBRARY.match(name):
                return ""
            calls = self._look_up.found((path, build_id), address)
            for function, place in calls:
                if function in _BEGINNINGS:
                    return ""
                if not _is_ours(function, place):
                    # With the address: two calls in a function are two places.
                    return place or f"{function} in {name}+0x{address:x}"
            if not calls and outside and path:
                return f"{name}+0x{address:x}"
        return ""


def _is_ours(function, place):
    return bool(_OURS.match(function)) or "/polysock/core/src/" in place


def _parsed(frames):
    """The calls' addresses: of each return address, one byte less is still inside the call."""
    for frame in frames.split():
        module, _, address = frame.partition("+")
        try:
            yield int(module), max(int(address, 16) - 1, 0)
        except ValueError:
            return


class LookUp:
    """Finds functions and lines, and remembers them."""

    def __init__(self):
        self._found = {}
        self._is_same = {}
        self._tool = next(([shutil.which(name), *options] for name, *options in TOOLS if shutil.which(name)), None)

    def found(self, module, address):
        """The functions at an address, those that were inlined first: (function, `file:line`)."""
        return self._found.get((module, address), ())

    def find(self, module, addresses):
        path, build_id = module
        new = sorted(address for address in addresses if (module, address) not in self._found)
        if not new or self._tool is None or not self._is_unchanged(path, build_id):
            return
        command = [*self._tool, "-a", "-f", "-i", "-C", "-e", path]
        try:
            done = subprocess.run(
                command,
                input="".join(f"0x{address:x}\n" for address in new),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                errors="replace",
                timeout=LONGEST_LOOK_UP,
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            return
        for address, calls in _answers(done.stdout):
            self._found[module, address] = calls

    def _is_unchanged(self, path, build_id):
        if (path, build_id) not in self._is_same:
            try:
                same = os.path.isfile(path) and build_id in ("", build_id_of(path))
            except (OSError, struct.error, ValueError):
                same = False
            self._is_same[path, build_id] = same
        return self._is_same[path, build_id]


def _answers(output):
    """What addr2line says: for each address a line with it, then two for each function."""
    address, lines = None, []
    for line in [*output.splitlines(), "0x0"]:
        if line.startswith("0x"):
            if address is not None:
                yield address, tuple(_calls(lines))
            address, lines = int(line.split()[0], 16), []
        else:
            lines.append(line)


def _calls(lines):
    for function, place in zip(lines[::2], lines[1::2], strict=False):
        known = place.partition(" (discriminator")[0]
        file, _, number = known.rpartition(":")
        if function == "??":
            continue
        yield function, known if file != "??" and number.isdigit() and number != "0" else ""


def build_id_of(path):
    """The build ID of an ELF file in hexadecimal digits, empty if it has none."""
    with open(path, "rb") as file:
        start = file.read(64)
        if start[:4] != b"\x7fELF" or len(start) < 52:
            return ""
        wide, order = start[4] == 2, "<" if start[5] == 1 else ">"
        table, size, count = (
            struct.unpack_from(order + "Q", start, 32) + struct.unpack_from(order + "HH", start, 54)
            if wide
            else struct.unpack_from(order + "I", start, 28) + struct.unpack_from(order + "HH", start, 42)
        )
        for place in range(count):
            file.seek(table + place * size)
            entry = file.read(size)
            kind = struct.unpack_from(order + "I", entry)[0]
            offset, length = struct.unpack_from(order + ("Q16xQ" if wide else "I8xI"), entry, 8 if wide else 4)
            if kind == 4:
                file.seek(offset)
                found = _build_id(file.read(min(length, 1 << 16)), order)
                if found:
                    return found
    return ""


def _build_id(notes, order):
    place = 0
    while place + 12 <= len(notes):
        name, length, kind = struct.unpack_from(order + "III", notes, place)
        contents = place + 12 + (name + 3 & ~3)
        if kind == 3 and notes[place + 12 : place + 16] == b"GNU\0":
            return notes[contents : contents + length].hex()
        place = contents + (length + 3 & ~3)
    return ""

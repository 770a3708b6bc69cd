"""Reads the files of a trace, a record at a time."""

import errno
import fcntl
import json
import os
import stat

VERSION = 1
# Bytes that are read at once.
CHUNK = 64 << 10
# Longer lines are those of a trace with whole payloads; anything beyond is not ours.
LONGEST_LINE = 256 << 20
# Numbers are those of the kernel, and nanoseconds; views compute with them.
LARGEST = 1 << 63
# Into how many pieces empty lines may divide a record that is being copied.
MOST_PIECES = 3
# Bad lines that are kept until a record follows.
MOST_BAD = 100
SKIPPED = object()

_KINDS: dict[str, type] = dict.fromkeys(("call", "event", "data", "error", "local", "peer", "to", "how", "state"), str)
_KINDS |= dict.fromkeys(("family", "type", "flags", "flags_set"), str)
_KINDS |= dict.fromkeys(("time", "thread", "socket", "fd", "duration", "waited", "waits", "signals", "timeout"), int)
_KINDS |= dict.fromkeys(("asked", "bytes", "offset", "unread", "woken", "backlog", "records", "packets", "pid"), int)
_KINDS |= dict.fromkeys(("ready", "waits_for"), list)
# `sent` and `received` are counts in the record of a socket, and lists in that of a batch; `from` is another socket's
# number there, and elsewhere an address.
_KINDS_OF_SOCKETS = _KINDS | {"sent": int, "received": int, "from": int}
_KINDS |= {"sent": list, "received": list, "from": str}
_PARTS = ("sent", "received", "ready", "waits_for")


HEADER_BEGINS = b'{"polysock_trace":'
# What fills the room for records that are still to come.
ROOM = b"\n\0"
HEADER_TEXTS = ("program", "machine", "language", "forked_from", "kind", "network")


class NotATrace(Exception):
    """The file is not one that this version reads; the text says why."""


class NotBegun(NotATrace):
    """Its process was killed before the first line was complete, or is still writing it."""


def open_now(path, flags):
    """Opens a FIFO, too, without waiting for its other end."""
    return os.open(path, flags | os.O_NONBLOCK)


class TraceFile:
    """A file that one process wrote. Its header is read at once, its records when they are asked for."""

    def __init__(self, path):
        self.path = os.fspath(path)
        self.name = os.path.basename(self.path)
        self._unreadable = 0
        self._pieces = []
        # What is read is not kept: it may be empty lines, whose place a record takes later.
        self._file = open(self.path, "rb", buffering=0, opener=open_now)  # noqa: SIM115  (closed by close())
        try:
            if not stat.S_ISREG(os.fstat(self._file.fileno()).st_mode):
                raise NotATrace(f"{self.path} is not a file with records")
            self.header = self._read_header()
        except BaseException:
            self.close()
            raise

    @property
    def is_wire(self):
        """Whether it has the segments of connections instead of calls."""
        return self.header.get("kind") == "wire"

    def is_being_recorded(self):
        """Whether a recorder of segments still writes it: it holds a lock on the file meanwhile."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return False

    def close(self):
        self._file.close()

    def rewind(self):
        """Begins again with the first record."""
        self._offset = self._begin
        self._unreadable, self._pieces = 0, []

    @property
    def unreadable(self):
        """How many lines are not records, except for the last one, which may be incomplete."""
        return self._unreadable + (len(self._pieces) if len(self._pieces) > MOST_PIECES else 0)

    def _read_header(self):
        begin = bytearray()
        while b"\n" not in begin and (chunk := self._file.read(CHUNK)) and len(begin) < LONGEST_LINE:
            begin += chunk
        line, _, rest = bytes(begin).partition(b"\n")
        try:
            header = json.loads(line)
            version = header["polysock_trace"]
        except (ValueError, TypeError, KeyError, RecursionError):
            if not rest.strip(ROOM) and HEADER_BEGINS.startswith(line.strip(ROOM)[: len(HEADER_BEGINS)]):
                raise NotBegun(f"{self.path} has no records: its process ended before the first") from None
            raise NotATrace(f"{self.path} is not the file of a trace") from None
        if version != VERSION:
            raise NotATrace(
                f"{self.path} was written in version {version} of the records; this polysock reads version {VERSION}"
            )
        numbers = all(_is_number(header.get(name)) for name in ("time", "wall_time", "pid"))
        if not numbers or any(not isinstance(header.get(name, ""), str) for name in HEADER_TEXTS):
            raise NotATrace(f"{self.path} has no complete header")
        self._begin = self._offset = len(line) + 1
        return header

    def records(self, about=None):
        """The records that there are. When it is called again, those that were written since. `about`: only those whose
        line has a match of this pattern.

        Empty lines are room that was not used. The last line may be only half there: of a program that was killed, or
        of one that is writing it; it is looked at again next time.
        """
        while not (yield from self._records(about)):
            pass

    def _records(self, about):
        """The records from here on; returns False if some of the bytes were read too early, and must be read again."""
        is_record_here = is_segment if self.is_wire else is_record
        bad = self._pieces = []  # the lines since the last record
        for line, end in self._lines():
            record = None
            if line[:1] == b"{" and line[-1:] == b"}":
                is_wanted = about is None or about.search(line)
                record = parse(line) if is_wanted else SKIPPED
            if record is None:
                bad.append(line)
                if len(bad) > MOST_BAD:  # garbage, not a record that is being written
                    self._unreadable += len(bad)
                    bad.clear()
                    self._offset = end
                continue
            begin = end - len(line) - 1
            if begin != self._offset and self._has_changed(begin, bad):
                return False
            if bad:
                self._unreadable += len(bad)
                bad.clear()
            self._offset = end
            if record is SKIPPED:
                continue
            if is_record_here(record):
                yield record
            else:
                self._unreadable += 1
        return True

    def _has_changed(self, end, bad):
        """Whether there is something else by now between the last record and this offset: a record was copied there
        while what follows was read."""
        if end - self._offset > LONGEST_LINE:
            return False
        lines = os.pread(self._file.fileno(), end - self._offset, self._offset).split(b"\n")
        return [line for line in lines if line] != bad

    def _lines(self):
        """The complete lines that are not empty, each with the offset behind it."""
        at = begin = self._offset
        pieces = []  # of the line that begins at `begin`
        while chunk := os.pread(self._file.fileno(), CHUNK, at):
            first, *lines = chunk.split(b"\n")
            end = at + len(first) + 1
            at += len(chunk)
            pieces = [*pieces, first] if at - begin <= LONGEST_LINE else [b"too long"]
            if not lines:
                continue
            rest = lines.pop()
            if line := b"".join(pieces):
                yield line, end
            for line in lines:
                end += len(line) + 1
                if line:
                    yield line, end
            pieces, begin = [rest], end


_decode = json.JSONDecoder().raw_decode


def parse(line):
    """The object that a line is; None if it is none."""
    try:
        text = line.decode()
        record, end = _decode(text)
    except (ValueError, RecursionError):
        return None
    return record if end == len(text) else None


def _is_number(value):
    return type(value) is int and -LARGEST < value < LARGEST


def is_record(record):
    """Whether the fields that views compute with are what they should be."""
    if "time" not in record:
        return False
    kinds = _KINDS_OF_SOCKETS if record.get("event") == "socket" else _KINDS
    for name, value in record.items():
        kind = kinds.get(name)
        if kind is None:
            continue
        if type(value) is not kind or (kind is int and not -LARGEST < value < LARGEST):
            return False
        if kind is list and name in _PARTS and not all(map(is_part, value)):
            return False
    return True


def is_segment(record):
    """Whether a recorder's record has what a segment has, if it is one."""
    if not is_record(record):
        return False
    if record.get("event") not in ("segment", "datagram", "icmp"):
        return "event" in record
    texts, numbers = ["from", "to", "way"], []
    if record["event"] == "segment":
        texts, numbers = [*texts, "flags"], ["seq", "window", "bytes"]
        numbers += [name for name in ("ack", "mss", "window_scale") if name in record]
    if any(not isinstance(record.get(name), str) for name in texts):
        return False
    if any(type(record.get(name)) is not int or not 0 <= record[name] < 1 << 32 for name in numbers):
        return False
    return record.get("window_scale", 0) <= 14


def is_part(part):
    """Whether it is a datagram of a batch, or a socket of a poll."""
    return isinstance(part, dict) and is_record({"time": 0, **part})


def open_folder(folder):
    """The files of a trace, and what is wrong with those that can't be read. `folder` may also be a single file.

    The file of a process that was killed before its first record lacks nothing: it is left out, and not reported.
    """
    if os.path.isdir(folder):
        paths = sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".jsonl"))
    elif os.path.exists(folder):
        paths = [folder]
    else:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    files, troubles = [], []
    for path in paths:
        try:
            files.append(TraceFile(path))
        except (NotATrace, OSError) as error:
            if path == folder or not isinstance(error, NotBegun):
                troubles.append(str(error))
    return files, troubles

"""Reads the files of a trace, a record at a time."""

import errno
import fcntl
import json
import os

VERSION = 1
# Longer lines are those of a trace with whole payloads; anything beyond is not ours.
LONGEST_LINE = 256 << 20


_NUMBERS = {"socket", "fd", "duration", "waited", "waits", "signals", "timeout", "asked", "bytes", "offset"}
_NUMBERS |= {"unread", "woken", "backlog", "records", "packets", "pid"}
_TEXTS = {
    "call",
    "event",
    "data",
    "error",
    "local",
    "peer",
    "to",
    "how",
    "state",
    "family",
    "type",
    "flags",
    "flags_set",
}
# `sent` and `received` are counts in the record of a socket, and lists in that of a batch.
_LISTS = {"sent", "received", "ready", "waits_for"}


class NotATrace(Exception):
    """The file is not one that this version reads; the text says why."""


class TraceFile:
    """A file that one process wrote. Its header is read at once, its records when they are asked for."""

    def __init__(self, path):
        self.path = os.fspath(path)
        self.name = os.path.basename(self.path)
        self.unreadable = 0  # lines that are not records
        self._file = open(self.path, "rb")  # noqa: SIM115  (closed by close())
        try:
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
        self._file.seek(self._begin)
        self.unreadable = 0

    def _read_header(self):
        line = self._file.readline(LONGEST_LINE)
        try:
            header = json.loads(line)
            version = header["polysock_trace"]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise NotATrace(f"{self.path} is not the file of a trace") from None
        if version != VERSION:
            raise NotATrace(
                f"{self.path} was written in version {version} of the records; this polysock reads version {VERSION}"
            )
        numbers = all(isinstance(header.get(name), int) for name in ("time", "wall_time", "pid"))
        if not numbers or any(not isinstance(header.get(name, ""), str) for name in ("program", "machine", "language")):
            raise NotATrace(f"{self.path} has no complete header")
        self._begin = self._file.tell()
        return header

    def records(self, about=None):
        """The records that there are. When it is called again, those that were written since. `about`: only those whose
        line has a match of this pattern.

        Empty lines are room that was not used. The last line may be only half there: of a program that was killed, or
        of one that is writing it.
        """
        while line := self._file.readline(LONGEST_LINE):
            if not line.endswith(b"\n"):
                # Begins with it next time.
                self._file.seek(-len(line), os.SEEK_CUR)
                return
            if line == b"\n":
                if self._at_room():
                    return
                continue
            if about is not None and not about.search(line):
                continue
            record = self._parsed(line)
            if record is not None:
                yield record

    def _at_room(self):
        """Whether only empty lines follow; then the next call begins with them: a record may take their place."""
        here = self._file.tell() - 1
        while chunk := self._file.read(1 << 16):
            rest = chunk.lstrip(b"\n")
            if rest:
                self._file.seek(-len(rest), os.SEEK_CUR)
                return False
        self._file.seek(here)
        return True

    def _parsed(self, line):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if isinstance(record, dict) and is_record(record) and (not self.is_wire or is_segment(record)):
            return record
        self.unreadable += 1
        return None


def is_record(record):
    """Whether the fields that views compute with are what they should be."""
    if not isinstance(record.get("time"), int) or not isinstance(record.get("thread", 0), int):
        return False
    if any(not isinstance(record[name], int) for name in _NUMBERS & record.keys()):
        return False
    if any(not isinstance(record[name], str) for name in _TEXTS & record.keys()):
        return False
    parts = (record[name] for name in _LISTS & record.keys() if record.get("event") != "socket")
    return all(isinstance(part, list) and all(map(is_part, part)) for part in parts)


def is_segment(record):
    """Whether a recorder's record has what a segment has, if it is one."""
    if record.get("event") not in ("segment", "datagram", "icmp"):
        return "event" in record
    texts, numbers = ["from", "to", "way"], []
    if record["event"] == "segment":
        texts, numbers = [*texts, "flags"], ["seq", "window", "bytes"]
        numbers += [name for name in ("ack", "mss", "window_scale") if name in record]
    if any(not isinstance(record.get(name), str) for name in texts):
        return False
    if any(not isinstance(record.get(name), int) or not 0 <= record[name] < 1 << 32 for name in numbers):
        return False
    return record.get("window_scale", 0) <= 14


def is_part(part):
    """Whether it is a datagram of a batch, or a socket of a poll."""
    return isinstance(part, dict) and is_record({"time": 0, **part})


def open_folder(folder):
    """The files of a trace, and what is wrong with those that can't be read. `folder` may also be a single file."""
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
            troubles.append(str(error))
    return files, troubles

"""Reading /proc, of which any part may be missing, unreadable or damaged."""

import errno
import os
import re
import sys

# Bytes that are read of one small file. Tables of sockets are read line by line.
LONGEST_FILE = 1 << 20
LONGEST_LINE = 1 << 12
# No counter or setting of the kernel has more digits. The limit also keeps int() from being given millions of them.
NUMBER = re.compile(r"-?[0-9]{1,20}")


class System:
    """The files of a machine, below `root`. What can't be read is None, and the reason is in `unreadable`."""

    def __init__(self, root="/"):
        self.root = root
        self.live = os.path.realpath(root) == "/"
        self.is_linux = sys.platform == "linux" or not self.live
        self.unreadable = {}

    def path(self, name):
        return os.path.join(self.root, name)

    def text(self, name, optional=False):
        """The text of a file. A file that not every kernel has is `optional`: nothing is said if it is missing."""
        try:
            with open(self.path(name), "rb") as file:
                return file.read(LONGEST_FILE).decode("ascii", "backslashreplace")
        except OSError as error:
            self._missed(name, error, optional)
            return None

    def lines(self, name, optional=False):
        """The lines of a file, however long it is. A line that is too long arrives in pieces."""
        try:
            with open(self.path(name), "rb") as file:
                while line := file.readline(LONGEST_LINE):
                    yield line.decode("ascii", "backslashreplace")
        except OSError as error:
            self._missed(name, error, optional)

    def numbers(self, name, optional=False):
        """The numbers that a file consists of, or None if it has anything else."""
        text = self.text(name, optional)
        return None if text is None else numbers(text)

    def names(self, name, optional=False):
        """What is in a folder, sorted."""
        try:
            return sorted(os.listdir(self.path(name)))
        except OSError as error:
            self._missed(name, error, optional)
            return []

    def _missed(self, name, error, optional):
        if not (optional and error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ESRCH)):
            self.unreadable["/" + name] = error.strerror or type(error).__name__


def number(word):
    """The number that a word is, or None."""
    return int(word) if word is not None and NUMBER.fullmatch(word) else None


def numbers(text):
    """The numbers that a text consists of, or None if it has none or anything else."""
    found = [number(word) for word in text.split()]
    return None if not found or None in found else found


def printable(text, longest=60):
    """A text from outside for a terminal: no control characters, and not longer than a line."""
    shown = "".join(c if c.isprintable() and c.isascii() else ascii(c)[1:-1] for c in text.strip()[: longest + 1])
    return shown if len(shown) <= longest else shown[: longest - 3] + "..."

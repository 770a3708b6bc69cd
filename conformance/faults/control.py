"""The file that the runner and the shim in a driver map: what is to fail, and what was counted. Layout: struct control in shim.c."""

import mmap
import os
import struct
import tempfile

from .table import CALLS

ATTACHED, ARMED, CALL, AT, LASTING, ERROR, HITS, THREAD, SEEN = (4 * i for i in range(9))
SIZE = SEEN + 4 * 64


class Control:
    def __init__(self):
        fd, self.path = tempfile.mkstemp(prefix="polysock-faults-")
        try:
            os.ftruncate(fd, SIZE)
            self.memory = mmap.mmap(fd, SIZE)
        finally:
            os.close(fd)

    def close(self):
        self.memory.close()
        os.unlink(self.path)

    def read(self, at):
        return struct.unpack_from("<I", self.memory, at)[0]

    def write(self, at, value):
        struct.pack_into("<i" if value < 0 else "<I", self.memory, at, value)

    def begin(self, fault=None):
        """Counts from 0; with a fault, lets it happen."""
        self.write(ARMED, 0)
        for i in range(len(CALLS)):
            self.write(SEEN + 4 * i, 0)
        self.write(HITS, 0)
        self.write(THREAD, 0)
        self.write(ERROR, fault.number if fault else 0)
        if fault:
            self.write(CALL, CALLS.index(fault.call))
            self.write(AT, fault.at)
            self.write(LASTING, int(fault.lasting))

    def arm(self, on):
        self.write(ARMED, int(on))

    @property
    def attached(self):
        return self.read(ATTACHED) != 0

    @property
    def hits(self):
        return self.read(HITS)

    @property
    def thread(self):
        return self.read(THREAD)

    def seen(self):
        counts = {call: self.read(SEEN + 4 * i) for i, call in enumerate(CALLS)}
        return {call: count for call, count in counts.items() if count}

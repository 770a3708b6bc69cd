"""Processes that measure a row whenever they are asked to: the same ones for each side."""

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]
LONGEST = 120  # seconds for a single sample


class Measuring:
    """A process that answers each line, the name of a row, with nanoseconds; -1 if it has no such row."""

    def __init__(self, command, environment=None, processor=None):
        pinned = None if processor is None else lambda: os.sched_setaffinity(0, {processor})
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, env=environment, preexec_fn=pinned, **pipes)

    def sample(self, row):
        limit = threading.Timer(LONGEST, self.process.kill)
        limit.start()
        try:
            self.process.stdin.write(f"{row}\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            limit.cancel()
        if not answer:
            raise RuntimeError(f"{self.process.args[0]} ended with {self.process.wait()} while it measured {row}")
        return float(answer)

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.stdout.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def python(side, processor):
    command = [sys.executable, str(BENCH / "revisions" / "python_rows.py")]
    return Measuring(command, side.environment, processor)


def c(program, processor):
    return Measuring([str(program), "-"], processor=processor)

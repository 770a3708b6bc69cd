"""Counts instructions with callgrind: those that C programs spend in functions of the library, and Python's calls."""

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import python_instructions
from progress import Progress


@dataclass
class Counted:
    """A row of a C program, of which callgrind counts what these functions spend."""

    source: str
    row: str
    functions: list
    calls: int  #: of each function, when the program measures the row once


C = [
    Counted("c_socket", "ready_64", ["polysock_send", "polysock_recv"], 10_000),
    Counted("c_datagrams", "polysock_sendto", ["polysock_sendto"], 5120),
    Counted("c_datagrams", "polysock_recvfrom", ["polysock_recvfrom"], 5120),
    Counted("c_messages", "polysock_send_frame", ["polysock_send_frame"], 2500),
]
#: None of them has another thread: what giving up the interpreter lock takes depends on when threads run.
PYTHON = [
    "ready 64 B, tcp",
    "ready 64 B, timeout, tcp",
    "recv_into 64 B",
    "udp sendto + recvfrom 64 B",
    "accept",
    "settimeout",
]


def are_possible():
    return shutil.which("valgrind") is not None


def of_c(program, counted):
    """The instructions of one call of each of the functions, taken together."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={folder}/out"]
        command += [f"--toggle-collect={function}" for function in counted.functions]
        subprocess.run(
            [*command, program, "-"], input=counted.row, capture_output=True, text=True, check=True, timeout=120
        )
        total = re.search(r"^(?:totals|summary): (\d+)", Path(folder, "out").read_text(), re.M)
        return int(total[1]) / counted.calls


def of_python(side):
    """The instructions of one call of each row."""
    silent = Progress("instructions", PYTHON, stream=open("/dev/null", "w"))  # noqa: SIM115
    return python_instructions.count("polysock", PYTHON, silent, side.environment)

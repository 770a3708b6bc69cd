"""Runs a program that measures, and reads what it prints while it runs."""

import subprocess
import threading
from collections import defaultdict

ROUND = "C, a round"  # the part of a benchmark that ends with the line "round over"


def lines(command, seconds, **options):
    """The lines that the program prints, one by one. It is killed if it takes longer, and a failure is raised."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options) as program:
        limit = threading.Timer(seconds, program.kill)
        limit.start()
        try:
            for line in program.stdout:
                yield line.rstrip("\n")
        finally:
            limit.cancel()
    if program.returncode:
        raise subprocess.CalledProcessError(program.returncode, command)


def measured(command, progress):
    """The values by row and variant of a C program, which prints `ROW VARIANT NANOSECONDS` for each one and round."""
    values = defaultdict(lambda: defaultdict(list))
    for line in lines(command, seconds=1800):
        if line == "round over":
            progress.ended(ROUND)
            continue
        row, _, rest = line.partition(" ")
        variant, _, value = rest.rpartition(" ")
        values[row][variant].append(float(value))
    return values

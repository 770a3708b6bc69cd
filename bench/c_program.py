"""Runs a C program that measures: it prints a line `ROW VARIANT NANOSECONDS` for each row, variant and round."""

import subprocess
from collections import defaultdict


def measured(command):
    """The values by row and variant."""
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=1800).stdout
    values = defaultdict(lambda: defaultdict(list))
    for line in output.splitlines():
        row, _, rest = line.partition(" ")
        variant, _, value = rest.rpartition(" ")
        values[row][variant].append(float(value))
    return values

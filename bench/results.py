"""What measured values come to, and how results are kept: as JSON, with a table in Markdown beside it."""

import json
import os
import platform
import statistics
from pathlib import Path


def summary(values):
    """The median and the quartiles."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    return {"median": round(middle, 1), "quartiles": [round(low, 1), round(high, 1)]}


def ratio(numbers, base):
    return round(numbers["median"] / base["median"], 3)


def do_overlap(numbers, others):
    (low, high), (other_low, other_high) = numbers["quartiles"], others["quartiles"]
    return low <= other_high and other_low <= high


def cells(numbers):
    """The median and the quartiles in two cells of a table."""
    low, high = numbers["quartiles"]
    digits = 0 if low >= 10 else 1
    return [f"{numbers['median']:,.{digits}f}", f"{low:,.{digits}f} to {high:,.{digits}f}"]


def table(headings, rows, texts=1):
    """A Markdown table whose first columns are texts, all others numbers."""
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]

    def line(row):
        padded = [cell.ljust(width) for cell, width in zip(row[:texts], widths, strict=False)]
        padded += [cell.rjust(width) for cell, width in zip(row[texts:], widths[texts:], strict=True)]
        return f"| {' | '.join(padded)} |\n"

    rule = "|" + "".join("-" * (width + 2) + "|" for width in widths[:texts])
    rule += "".join("-" * (width + 1) + ":|" for width in widths[texts:])
    return line(headings) + rule + "\n" + "".join(map(line, rows))


def save(file, rows, markdown, **facts):
    """`facts` are of the run; those of the machine are added."""
    result = {"machine": platform.platform(), "processor": processor(), "processors": os.cpu_count()}
    result |= {"python": platform.python_version(), **facts, "rows": rows}
    file.write_text(json.dumps(result, indent=1) + "\n")
    file.with_suffix(".md").write_text(markdown)


def processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()

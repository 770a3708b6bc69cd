"""Runs a benchmark and sums it up:  summary.py RESULT.json COMMAND…

The command prints lines `ROW VARIANT VALUE`; the first variant of a row is what the others are compared with. Shown are
the median and the quartiles of each variant, and the ratio of the medians: below 1 is faster than the first variant.
"""

import json
import platform
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path


def quartiles(values: list[float]) -> tuple[float, float, float]:
    if len(values) < 2:
        return (values[0],) * 3
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def main() -> None:
    result_file, command = Path(sys.argv[1]), sys.argv[2:]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=1800).stdout
    rows: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for line in output.splitlines():
        row, variant, value = line.split()
        rows[row][variant].append(float(value))
    result = {
        "machine": platform.platform(),
        "command": Path(command[0]).name,
        "unit": "ns per operation",
        "rows": {},
    }
    print(f"{'row':<24}{'variant':<12}{'median':>10}{'lower':>10}{'upper':>10}{'ratio':>8}   quartiles")
    for row, variants in rows.items():
        base = next(iter(variants))
        base_low, base_middle, base_high = quartiles(variants[base])
        result["rows"][row] = {}
        for variant, values in variants.items():
            low, middle, high = quartiles(values)
            overlap = "" if variant == base else ("overlap" if low <= base_high and base_low <= high else "apart")
            ratio = middle / base_middle
            print(f"{row:<24}{variant:<12}{middle:>10.0f}{low:>10.0f}{high:>10.0f}{ratio:>8.2f}   {overlap}")
            numbers = {
                "median": middle,
                "quartiles": [low, high],
                "ratio": round(ratio, 3),
                "rounds": len(values),
            }
            result["rows"][row][variant] = numbers
    result_file.write_text(json.dumps(result, indent=1) + "\n")


main()

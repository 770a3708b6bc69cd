"""Runs a benchmark and sums it up:  summary.py RESULT.json COMMAND…

The command prints lines `ROW VARIANT VALUE`; the first variant of a row is what the others are compared with. Shown are
the median and the quartiles of each variant, and the ratio of the medians: below 1 is faster than the first variant.
The table is written beside RESULT.json too.
"""

import json
import platform
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from quartiles import quartiles


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
    result_file.with_suffix(".md").write_text(table(result["rows"]))


def table(rows: dict) -> str:
    """The same in Markdown."""
    lines = ["| row | variant | ns | quartiles | ratio |", "|---|---|---:|---:|---:|"]
    for row, variants in rows.items():
        for variant, numbers in variants.items():
            low, high = numbers["quartiles"]
            cells = f"{numbers['median']:,.0f} | {low:,.0f} to {high:,.0f} | {numbers['ratio']:.2f}"
            lines.append(f"| {row} | {variant} | {cells} |")
    return "\n".join([*lines, ""])


main()

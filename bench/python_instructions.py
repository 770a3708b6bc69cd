"""Counts the instructions of single calls with callgrind:  python_instructions.py [--rows WORD,…] [RESULT.json]

Unlike times, instructions have no noise; the kernel's are not counted. Needs valgrind. Each module runs in a process of
its own, which tells callgrind where the calls of a row begin and end. "System calls from Python" are made by functions
that do nothing else: calls of a module can't take less.
"""

import argparse
import ctypes
import functools
import os
import re
import sys
import tempfile
from pathlib import Path

import program
import rows.calls  # noqa: F401 (registers its rows)
from progress import Progress
from results import save, table
from rows import ROWS, Calls

MODULES = ("socket", "polysock")
MARKS = Path("build/bench/marks.so")
NOTHING = "nothing"  # what it takes to begin and to end
LEAST = ", from Python"  # behind the name of a row: the least that it can take
COUNT = 100  # of each row; no more connections than a listener keeps


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--rows", metavar="WORD,…", help="only rows with one of the words in their names")
    parser.add_argument("--inside", choices=MODULES, help=argparse.SUPPRESS)
    parser.add_argument("--names", help=argparse.SUPPRESS)  # of rows, one a line
    parser.add_argument("result", nargs="?", type=Path)
    arguments = parser.parse_args()
    words = (arguments.rows or "").split(",")
    names = [name for name in ROWS if any(word in name for word in words)]
    if arguments.inside:
        run_all(arguments.names.split("\n"), __import__(arguments.inside))
        return
    progress = Progress("python_instructions", names * len(MODULES))
    counted = {module: count(module, names, progress) for module in MODULES}
    rows = {}
    base, ours = (counted[module] for module in MODULES)
    for name in ours:
        rows[name] = {"socket": base[name], "polysock": ours[name], "ratio": round(ours[name] / base[name], 3)}
        if name + LEAST in base:
            rows[name]["least"] = base[name + LEAST]
    lines = [[name, *shown(numbers)] for name, numbers in rows.items()]
    markdown = table(["row", *MODULES, "ratio", "system calls from Python"], lines)
    print(markdown, end="")
    if arguments.result:
        save(arguments.result, rows, markdown, seconds=progress.seconds())


def shown(numbers):
    least = f"{numbers['least']:,}" if "least" in numbers else ""
    return [*(f"{numbers[module]:,}" for module in MODULES), f"{numbers['ratio']:.2f}", least]


def count(module, names, progress, environment=os.environ):
    """Runs the rows under callgrind: the instructions of one call of each."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={folder}/out", sys.executable]
        command += [__file__, "--inside", module, "--names", "\n".join(names)]
        for name in program.lines(command, seconds=900, env={**environment, "PYTHONHASHSEED": "0"}):
            progress.ended(name)
        counted = {}
        for dump in sorted(Path(folder).glob("out.*"), key=lambda path: int(path.suffix[1:])):
            text = dump.read_text()
            name = re.search(r"^desc: Trigger: Client Request: (.*)$", text, re.M)
            if name:
                total = int(re.search(r"^(?:totals|summary): (\d+)", text, re.M)[1])
                counted[name[1]] = total
        nothing = counted.pop(NOTHING)
        return {name: round((total - nothing) / COUNT) for name, total in counted.items()}


def run_all(names, module):
    marks = ctypes.PyDLL(str(MARKS.resolve()))

    def run(name, one):
        for stop in (lambda: None, functools.partial(marks.stop, name.encode())):
            one.run(COUNT, marks.start, stop)

    run(NOTHING, Calls(COUNT, lambda _: None))
    for name in names:
        with ROWS[name].make(module) as measured:
            if isinstance(measured, Calls):
                run(name, measured)
        if ROWS[name].least and module.__name__ == "socket":
            with ROWS[name].least(module) as measured:
                run(name + LEAST, measured)
        print(name, flush=True)


if __name__ == "__main__":
    main()

"""Real programs over `polysock.patch()`: each case in a process of its own, then a table.

    python clients/run.py [--module polysock|socket|both] [case …]

`--module socket` runs the cases with the standard module: what fails there is the case's own fault. With `both`, a
case runs over ours only after it passed with the standard module.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIMIT = 90
SKIPPED = 77


def main():
    parser = argparse.ArgumentParser(description="Real programs over polysock.patch().")
    parser.add_argument("--module", choices=["polysock", "socket", "both"], default="both")
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    known = sorted(path.stem for path in (HERE / "cases").glob("[!_]*.py"))
    unknown = set(options.cases) - set(known)
    if unknown or not known:
        parser.error(f"no such case: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    modules = ["socket", "polysock"] if options.module == "both" else [options.module]

    counts = dict.fromkeys(["passed", "failed", "skipped"], 0)
    print(f"{'case':<20}" + "".join(f"{module:<18}" for module in modules))
    for name in options.cases or known:
        print(f"{name:<20}", end="", flush=True)
        remark = ""
        for module in modules:
            verdict, seconds, remark = run(name, module)
            print(f"{verdict + f' {seconds:.1f} s':<18}", end="", flush=True)
            if verdict != "passed":
                break
        counts[verdict] += 1
        print(remark if verdict == "skipped" else "")
        if verdict == "failed":
            print(f"--- {name} with {module}\n{remark}---")
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    sys.exit(counts["failed"] > 0 or counts["passed"] == 0)


def run(name, module):
    """Runs a case: the verdict, how long it took, and what it said."""
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, str(HERE / "case.py"), name, module],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        output = ""
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # and what it started
    if process.poll() is None:
        output = process.communicate()[0] + f"still running after {LIMIT} s\n"
    status = process.returncode
    verdict = {0: "passed", SKIPPED: "skipped"}.get(status, "failed")
    if verdict == "failed":
        output += f"status {status}\n"
    else:
        output = output.strip().rpartition("\n")[2]
    return verdict, time.monotonic() - start, output


if __name__ == "__main__":
    main()

"""Runs each case over polysock and records its calls: `python record.py FOLDER` makes a folder for each in it."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TIME_LIMIT = 90  # seconds
SKIPPED = 77  # exit code


def main(folder):
    for case in sorted(path.stem for path in (HERE / "cases").glob("[!_]*.py")):
        trace = folder / case
        trace.mkdir(parents=True)
        environment = {**os.environ, "POLYSOCK_TRACE": str(trace)}
        command = [sys.executable, HERE / "case.py", case, "polysock"]
        ended = subprocess.run(command, env=environment, capture_output=True, timeout=TIME_LIMIT, check=False)
        if ended.returncode not in (0, SKIPPED):
            print(f"{case}: exit code {ended.returncode}", file=sys.stderr)
        if not any(trace.iterdir()):
            trace.rmdir()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())

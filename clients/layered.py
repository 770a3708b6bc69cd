"""Programs as they are, over the layer below unchanged programs, and recorded: all three must do the same.

A judge is a function that plays some programs in one way and returns what came out, by name. `Comparison.of` plays it
in every way. With POLYSOCK_JUDGES=FILE, the counts are added to that file, of which `judges.py` makes a table.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from processes import unprivileged

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / "target" / "release"
LAYER = "libpolysock-bsd.so.0"
OPTIONS = {"libc": None, "layer": [], "safe": ["--safe"], "recorded": ["--trace"]}
WAYS = tuple(OPTIONS)
SECONDS = 60
# To read a trace of a load, on a busy machine.
SECONDS_TO_SHOW = 300
# What tests in other programs come to, beside their steps.
KINDS = ("pass", "failure", "error", "skip", "passed", "failed", "skipped", "known")


@dataclass(frozen=True)
class Way:
    """How programs are started, and the folder in which they may write whatever user they run as."""

    name: str
    folder: Path
    runner: Path

    @property
    def trace(self):
        return self.folder / "trace"

    @property
    def environment(self):
        """The variables with which a program runs in this way, without `polysock-run`."""
        variables = {}
        if self.name != "libc":
            variables["LD_PRELOAD"] = str(self.runner.parent / LAYER)
        if self.name == "safe":
            variables["POLYSOCK_SAFE"] = "1"
        if self.name == "recorded":
            variables["POLYSOCK_TRACE"] = str(self.trace)
        return variables

    def command(self, *words):
        """The command that starts a program in this way."""
        options = OPTIONS[self.name]
        before = [] if options is None else [self.runner, *options]
        if options == ["--trace"]:
            before.append(self.trace)
        return [str(word) for word in (*before, *words)]

    def run(self, *words, timeout=SECONDS, **options):
        """Runs a program to its end: its exit status, and what it has printed as bytes."""
        return subprocess.run(
            self.command(*words),
            stdin=None if "input" in options else subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
            **options,
        )

    def output(self, *words, **options):
        """What a program prints that must succeed."""
        ended = self.run(*words, **options)
        assert ended.returncode == 0, f"{words}: {ended.returncode}, {ended.stderr.decode(errors='replace')}"
        return ended.stdout.decode(errors="replace")

    def check_trace(self):
        """`show --check` reads it all; returns an example of each finding."""
        assert any(self.trace.iterdir())
        command = [sys.executable, "-m", "polysock", "show", "--check", "--json", self.trace]
        shown = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_TO_SHOW, check=False)
        assert shown.stderr == ""
        assert shown.returncode in (0, 1)
        return {finding["name"]: finding["text"] for finding in json.loads(shown.stdout)["findings"]}


class Comparison:
    """Plays judges in every way, in folders that every user may use: pytest's are for one user only."""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder
        for file in ("polysock-run", LAYER):
            shutil.copy(BUILT / file, folder / file)

    def way(self, name):
        place = self.folder / name
        place.mkdir(exist_ok=True)
        (place / "trace").mkdir(exist_ok=True)
        if user := unprivileged():
            for path in (place, place / "trace"):
                os.chown(path, user["user"], user["group"])
        return Way(name, place, self.folder / "polysock-run")

    def of(self, judge, traced=True, at_once=True):
        """Plays a judge in every way, and compares; returns what came out, and the findings of the trace."""
        ways = [self.way(name) for name in WAYS]
        with ThreadPoolExecutor(len(ways) if at_once else 1) as threads:
            outcomes = dict(zip(WAYS, threads.map(judge, ways), strict=True))
        self.tally(outcomes)
        expected = outcomes["libc"]
        for name, found in outcomes.items():
            different = {key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)}
            assert not different, {key: (expected.get(key), name, found.get(key)) for key in different}
        return expected, ways[-1].check_trace() if traced else {}

    def tally(self, outcomes):
        """Appends to a file how many outcomes are the same as the C library's, and how many there are of each kind."""
        if not (file := os.environ.get("POLYSOCK_JUDGES")):
            return
        expected = outcomes["libc"]
        row = {"judge": self.name, "ways": {}}
        for name, found in outcomes.items():
            row["ways"][name] = {
                "same": sum(found.get(key) == value for key, value in expected.items()),
                "of": len(expected.keys() | found.keys()),
                "kinds": Counter(value for value in found.values() if value in KINDS),
            }
        with open(file, "a", encoding="utf-8") as rows:
            rows.write(json.dumps(row) + "\n")


@pytest.fixture
def comparison(request):
    if not (BUILT / "polysock-run").exists():
        pytest.skip("needs the layer (make layer)")
    # Short, for the names of Unix sockets.
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="p") as folder:
        os.chmod(folder, 0o755)
        yield Comparison(request.node.name.removeprefix("test_"), Path(folder))

"""The interpreter's own tests of `socket`: what passes over the standard module passes over ours.

They run with a standard module that refuses every call, so that none of it does our work. Some tests look below the
public interface and differ on purpose; cpython_internals.txt lists them with the reasons.
"""

import importlib.util
import itertools
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# Most of the tests sleep most of the time.
PROCESSES = 5
SECONDS = 170
# These use the standard class itself.
OF_THE_STANDARD_CLASS = {
    "test.test_socket.GeneralModuleTests.test_csocket_repr",
    "test.test_socket.GeneralModuleTests.test_socket_type",
}


def internals():
    """The tests that do not pass on purpose, and why."""
    lines = (HERE / "cpython_internals.txt").read_text().splitlines()
    return dict(line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))


def events(module, ids, directory):
    """Runs one process and returns the events that it reported."""
    process = subprocess.run(
        [sys.executable, str(HERE / "cpython_suite.py"), module],
        input=json.dumps(ids),
        capture_output=True,
        text=True,
        cwd=directory,
        timeout=SECONDS,
        check=False,
    )
    events = [json.loads(line) for line in process.stdout.splitlines()]
    if events[-1:] != [["end"]]:
        last = next((event[1] for event in reversed(events) if event[0] == "start"), "before the first test")
        events.append(["fail", last, f"the process ended: {process.returncode}\n{process.stderr[-4000:]}"])
    return events


def outcomes(module, ids, directory):
    """The outcome of each test, 'pass', 'fail' or 'skip', and the reason."""
    found = {}
    severity = ["pass", "skip", "fail"]
    for kind, *rest in events(module, ids, directory):
        if kind in severity:
            name, why = rest
            if severity.index(kind) >= severity.index(found.get(name, ("pass", ""))[0]):
                found[name] = (kind, why)
    return found


def kind_of(found, name):
    return found.get(name, ("missing", ""))[0]


def in_parallel(module, ids, directory):
    by_class = {}
    for name in ids:
        by_class.setdefault(name.rpartition(".")[0], []).append(name)
    # The classes go to the processes in turn: neighbours take similar time.
    classes = list(by_class.values())
    shares = [list(itertools.chain(*classes[start::PROCESSES])) for start in range(PROCESSES)]
    with ThreadPoolExecutor(PROCESSES) as pool:
        found = {}
        for part in pool.map(lambda share: outcomes(module, share, directory), [s for s in shares if s]):
            found |= part
    return found


@pytest.mark.skipif(
    importlib.util.find_spec("test") is None or importlib.util.find_spec("test.test_socket") is None,
    reason="needs CPython's own tests of socket (Debian: libpython{}.{}-testsuite)".format(*sys.version_info),
)
@pytest.mark.deadline(2 * SECONDS)
def test_the_interpreters_own_tests(tmp_path):
    [_, plan], *_ = events("polysock", None, tmp_path)
    assert len(plan) > 600
    ours = in_parallel("alone", [name for name in plan if name not in OF_THE_STANDARD_CLASS], tmp_path)
    ours |= outcomes("polysock", [name for name in plan if name in OF_THE_STANDARD_CLASS], tmp_path)
    # A class whose fixture skips or fails reports only itself.
    missing = [name for name in plan if kind_of(ours, name) != "pass"]
    theirs = outcomes("socket", missing, tmp_path)
    lost = [name for name in missing if kind_of(theirs, name) == "pass"]
    # One after another: a test that was late on a busy machine passes then.
    ours |= outcomes("alone", lost, tmp_path)
    lost = {name: ours.get(name) for name in lost if kind_of(ours, name) != "pass"}

    listed = internals()
    assert {name: why for name, why in lost.items() if name not in listed} == {}
    passing = [name for name in listed if name in plan and name not in lost]
    assert passing == [], "these pass now: take them out of cpython_internals.txt"
    assert sum(kind == "pass" for kind, _ in ours.values()) > 400  # without IPv6 452

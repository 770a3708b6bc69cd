"""For pytest (`-p known_failures`): the tests that can't succeed here.

$KNOWN_FAILURES names the list: a line for each, "FILE::TEST", below a comment that gives the reason. One of them that
succeeds is a failure, too: its line should be deleted. Below a comment that begins with "sometimes", it may do either.
"""

import os
from pathlib import Path

import pytest


def read(lines):
    """{test: the reason}"""
    reasons, reason = {}, "no reason given"
    for line in map(str.strip, lines):
        if line.startswith("#"):
            reason = line.removeprefix("#").strip()
        elif line:
            reasons[line] = reason
    return reasons


def pytest_collection_modifyitems(items):
    known = read(Path(os.environ["KNOWN_FAILURES"]).read_text(encoding="utf-8").splitlines())
    for item in items:
        if reason := known.get(item.nodeid.removeprefix("bsd/").removeprefix("tests/")):
            item.add_marker(pytest.mark.xfail(reason=reason, strict=not reason.startswith("sometimes")))

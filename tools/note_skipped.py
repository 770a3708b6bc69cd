"""For pytest (`-p note_skipped`): adds each skipped test to the list that `make test` ends with (see skipped.sh)."""

import os


def note(test, needs):
    if path := os.environ.get("POLYSOCK_SKIPPED"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{test}\t{needs}\n")


def pytest_runtest_logreport(report):
    if report.skipped and not hasattr(report, "wasxfail"):
        _file, _line, reason = report.longrepr
        file, _, test = report.nodeid.partition("::")
        note(f"{os.path.basename(file)}::{test}", reason.removeprefix("Skipped: ").removeprefix("needs "))

#!/usr/bin/env python3
"""Runs the Rust tests and says how many ran, and why the others did not.

    rust_tests.py [--known-failures FILE] COMMAND...

COMMAND is `cargo test …`, with `--no-fail-fast`. What tests print is passed on; at the end comes "ran N of M tests"
with the reasons of the rest. The exit code is 1 when a test has failed, or none has run.

FILE lists tests that can't succeed on this machine: a line for each, "PROGRAM TEST", below a comment that gives the
reason. One of them that succeeds is a failure, too: its line should be deleted. Below a comment that begins with
"sometimes", either is fine.
"""

import argparse
import re
import subprocess
import sys
from collections import Counter

PROGRAM = re.compile(r"^\s+Running (?:unittests )?(\S+) \(")
TEST = re.compile(r"^test (\S+)(?: - should panic)? \.\.\. (ok|FAILED|ignored)(?:, (.*))?$")
FAILED_PROGRAM = re.compile(r"^\s+`.*(?:--test (\S+)|--(lib)|--(?:bin|example) (\S+))`$")
SKIPPED = re.compile(r"^skipped: (.+): needs (.+)$")
HARNESS = re.compile(r"^running \d+ tests?$")
NOISE = re.compile(r"^(?:test result: ok.*)?$")
# A test that others run as a program.
NO_TEST = "a program of"


class Outcome:
    """What the lines of `cargo test` say."""

    def __init__(self):
        self.program = "?"
        self.passed, self.failed, self.without_harness = set(), set(), set()
        self.left_out = Counter()
        self.skipped = set()
        self.failed_programs = set()

    def read(self, line):
        """Takes a line; returns whether it should be shown."""
        if found := PROGRAM.match(line):
            name = found[1].removesuffix("/main.rs").removesuffix(".rs").rpartition("/")[2]
            self.program = name
            self.without_harness.add(name)
            return True
        if HARNESS.match(line):
            self.without_harness.discard(self.program)
            return False
        if found := TEST.match(line):
            name, result, reason = found.groups()
            if result == "ignored":
                if not (reason or "").startswith(NO_TEST):
                    self.left_out[reason or "no reason given"] += 1
                return False
            (self.passed if result == "ok" else self.failed).add(f"{self.program} {name}")
            return result != "ok"
        if found := FAILED_PROGRAM.match(line):
            self.failed_programs.add(next(filter(None, found.groups())))
        if found := SKIPPED.match(line):
            self.skipped.add(found.groups())
        return not NOISE.match(line)

    def end(self):
        """Counts a program without a test harness as one test, and one that ended in the middle as failed."""
        for program in self.without_harness - self.failed_programs:
            self.passed.add(f"{program} {program}")
        with_failed_tests = {test.split(" ")[0] for test in self.failed}
        for program in self.failed_programs - with_failed_tests:
            self.failed.add(f"{program} {program}")

    def summary(self, known):
        """The lines of the summary, and whether all is as it should be."""
        left_out = self.left_out.copy()
        left_out.update(f"needs {needs}" for _, needs in self.skipped)
        unexpected = sorted(self.failed - known.keys())
        cured = sorted(test for test in known.keys() & self.passed if not known[test].startswith("sometimes"))
        gone = sorted(known.keys() - self.passed - self.failed)
        left_out.update(known[test] for test in self.failed & known.keys())
        everything = len(self.passed) + len(self.failed) + sum(self.left_out.values())
        ran = len(self.passed) - len(self.skipped) + len(unexpected)
        yield f"ran {ran} of {everything} tests: {len(unexpected)} failed"
        for reason, count in left_out.most_common():
            yield f"  {count:4} left out: {reason}"
        yield from (f"  failed: {test}" for test in unexpected)
        yield from (f"  known to fail, but passed: {test}" for test in cured)
        yield from (f"  known to fail, but gone: {test}" for test in gone)
        self.good = ran > 0 and not (unexpected or cured or gone)


def known_failures(path):
    """{"program test": reason} from a list."""
    known, reason = {}, None
    with open(path, encoding="utf-8") as file:
        for line in map(str.strip, file):
            if line.startswith("#"):
                reason = line.lstrip("# ")
            elif line:
                known[" ".join(line.split())] = reason
    return known


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--known-failures", metavar="FILE")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    known = known_failures(options.known_failures) if options.known_failures else {}
    outcome = Outcome()
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    running = subprocess.Popen(options.command, **both, text=True, errors="replace")
    for line in running.stdout:
        if outcome.read(line.rstrip("\n")):
            print(line, end="", flush=True)
    code = running.wait()
    outcome.end()
    for line in outcome.summary(known):
        print(line)
    # A failure that no line shows, such as a build's.
    hidden = code != 0 and not outcome.failed
    if hidden:
        print(f"  {options.command[0]} failed with exit code {code}")
    sys.exit(0 if outcome.good and not hidden else 1)


if __name__ == "__main__":
    main()

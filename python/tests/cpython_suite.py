"""Runs tests of the interpreter's own test.test_socket in this process, over a module in place of `socket`.

    python cpython_suite.py polysock|alone|socket <ids >events

`alone` is polysock with a standard module that refuses every call. Reads the ids of the tests as JSON, or null to list
them, and writes an event per line: ["plan", ids], ["start", id], ["pass"|"fail"|"skip", id, reason], ["end"].
"""

import faulthandler
import json
import os
import sys
import unittest
import warnings

# No test takes longer.
SECONDS_PER_TEST = 60


class Result(unittest.TestResult):
    """Reports every outcome at once: the process may crash before the end."""

    def __init__(self, report):
        super().__init__()
        self.report = report

    def startTest(self, test):
        super().startTest(test)
        faulthandler.dump_traceback_later(SECONDS_PER_TEST, exit=True)
        self.report("start", test.id())

    def addSuccess(self, test):
        self.report("pass", test.id(), "")

    def addExpectedFailure(self, test, error):
        self.report("pass", test.id(), "")

    def addSkip(self, test, reason):
        self.report("skip", test.id(), reason)

    def addFailure(self, test, error):
        self.report("fail", test.id(), self._exc_info_to_string(error, test))

    addError = addFailure

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.addFailure(test, error)


def tests_of(suite):
    if isinstance(suite, unittest.TestSuite):
        for test in suite:
            yield from tests_of(test)
    else:
        yield suite


def refuse(*modules, classes):
    """Replaces the functions, or the socket classes, of the standard module by one that raises.

    Except for the default timeout, which both modules share.
    """

    def refusing(name):
        def refuse(*args, **kwargs):
            raise AssertionError(f"the standard module was called: {name}")

        return refuse

    for module in modules:
        for name, value in list(vars(module).items()):
            is_class = isinstance(value, type)
            if is_class and issubclass(value, (BaseException, int)):
                continue
            if callable(value) and is_class == classes and name not in ("getdefaulttimeout", "setdefaulttimeout"):
                setattr(module, name, refusing(name))


def main(module):
    wanted = json.load(sys.stdin)
    # The tests may write to standard output, and children they fork must not write here.
    out, process = os.fdopen(os.dup(1), "w"), os.getpid()
    os.dup2(2, 1)

    def report(*event):
        if os.getpid() == process:
            print(json.dumps(event), file=out, flush=True)

    import _socket
    import socket

    if module == "alone":
        refuse(_socket, socket, classes=False)
    if module != "socket":
        import polysock

        polysock.patch()
    from test import support

    support.use_resources = []  # nothing beyond this machine, nothing large
    from test import test_socket

    # The tests of VSOCK connect to a virtual machine's host, and wait forever where none answers.
    tests = {
        test.id(): test
        for test in tests_of(unittest.defaultTestLoader.loadTestsFromModule(test_socket))
        if "VSOCK" not in test.id()
    }
    if wanted is None:
        report("plan", list(tests))
    else:
        if module == "alone":
            refuse(_socket, socket, classes=True)
        # In the suite's order, so that the fixtures of a class are made only once.
        chosen = set(wanted)
        warnings.simplefilter("default")
        unittest.TestSuite(test for name, test in tests.items() if name in chosen).run(Result(report))
    report("end")


if __name__ == "__main__":
    main(sys.argv[1])

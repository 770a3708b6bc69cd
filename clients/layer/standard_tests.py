"""Runs the interpreter's own tests of modules and prints the outcome of each as JSON: `standard_tests.py MODULE…`"""

import json
import sys
import unittest
import warnings

# Sockets of virtual machines have fixed ports, which the runs side by side would share.
LEFT_OUT = ("VSOCK",)


class Outcomes(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.found = {}

    def stopTest(self, test):
        super().stopTest(test)
        self.found.setdefault(test.id(), "pass")

    def note(self, test, outcome, text=""):
        self.found[test.id()] = outcome
        if text:
            print(test.id(), text, file=sys.stderr)

    def addError(self, test, error):
        super().addError(test, error)
        self.note(test, "error", self.errors[-1][1])

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.note(test, "failure", self.failures[-1][1])

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.note(test, "skip")


def tests(suite):
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from tests(part)
        elif not any(word in part.id() for word in LEFT_OUT):
            yield part


def main(modules):
    warnings.simplefilter("ignore")
    outcomes = Outcomes()
    for module in modules:
        unittest.TestSuite(tests(unittest.defaultTestLoader.loadTestsFromName(module))).run(outcomes)
    print(json.dumps(outcomes.found))


if __name__ == "__main__":
    main(sys.argv[1:])

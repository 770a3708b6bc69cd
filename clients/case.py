"""One case with one module: `python case.py NAME polysock|socket`. test_clients.py starts it."""

import faulthandler
import importlib
import sys
import tempfile
import unittest

faulthandler.dump_traceback_later(75, exit=True)


# A longer name of the temporary directory would leave no room for the names of Unix sockets in it.
LONGEST = 40


def main(name, module):
    if len(tempfile.gettempdir()) > LONGEST:
        tempfile.tempdir = "/tmp"
    if module == "polysock":
        import polysock

        polysock.patch()
    try:
        importlib.import_module(f"cases.{name}").run()
    except unittest.SkipTest as reason:
        print(reason)
        sys.exit(77)


if __name__ == "__main__":
    main(*sys.argv[1:])

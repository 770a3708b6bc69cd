"""One case with one module: `python case.py NAME polysock|socket`. run.py starts it."""

import faulthandler
import importlib
import sys
import tempfile
import unittest

faulthandler.dump_traceback_later(75, exit=True)


# A directory's name in which Unix sockets would have no room for their own.
LONG = 40


def main(name, module):
    if len(tempfile.gettempdir()) > LONG:
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

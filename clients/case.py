"""One case with one module: `python case.py NAME polysock|socket`. run.py starts it."""

import faulthandler
import importlib
import sys
import unittest

faulthandler.dump_traceback_later(75, exit=True)


def main(name, module):
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

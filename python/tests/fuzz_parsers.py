#!/usr/bin/env python3
"""Fuzzes a property in parsers.py with Atheris: PROPERTY=NAME ./fuzz_parsers.py [libFuzzer options] [CORPUS...]

To merge, libFuzzer starts the program again by its path, with arguments of its own and the same environment.
"""

import os
import sys

import atheris

with atheris.instrument_imports(include=["polysock"]):
    import parsers

if __name__ == "__main__":
    atheris.Setup(sys.argv, parsers.PROPERTIES[os.environ["PROPERTY"]])
    atheris.Fuzz()

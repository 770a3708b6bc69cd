"""Fuzzes a property in parsers.py with Atheris: fuzz_parsers.py PROPERTY [libFuzzer options] [CORPUS...]"""

import sys

import atheris

with atheris.instrument_imports(include=["polysock"]):
    import parsers

if __name__ == "__main__":
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, parsers.PROPERTIES[name])
    atheris.Fuzz()

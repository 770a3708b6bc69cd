#!/usr/bin/env python3
"""Checks that every polysock name in the tables of docs/porting.md exists, and every argument that it names.

Run it with a Python that has polysock.
"""

import builtins
import inspect
import pathlib
import re
import sys

import polysock
from polysock import net

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADER = (ROOT / "include/polysock/polysock.h").read_text(encoding="utf-8")
CPLUSPLUS = (ROOT / "include/polysock/polysock.hpp").read_text(encoding="utf-8")
RUST = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "core/src").rglob("*.rs"))


def in_c(name):
    return re.search(rf"\b{name}\b", HEADER)


def in_cplusplus(name):
    return re.search(rf"\b{name}\(|\bclass {name}\b", CPLUSPLUS)


def in_python(name):
    places = (polysock, polysock.socket, polysock.error, builtins)
    return any(hasattr(place, name) for place in places)


def in_net(name):
    if hasattr(builtins, name):
        return True
    place = net
    for part in name.split("."):
        if not hasattr(place, part):
            return False
        place = getattr(place, part)
    return True


def in_rust(name):
    return re.search(rf"\bpub (const )?(fn|struct|enum|trait) {name}\b", RUST)


CHECKS = {
    "C": in_c,
    "C++": in_cplusplus,
    "Python": in_python,
    "`polysock.net`": in_net,
    "Java style": in_net,
    "Rust": in_rust,
}


def names(text):
    """(line, column's title, name) of each plain name between backticks in a table."""
    titles = []
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            titles = []
        elif not titles:
            titles = cells
        else:
            for title, cell in zip(titles, cells, strict=True):
                for name in re.findall(r"`([A-Za-z_][\w.]*)(?:\(\w*\))?`", cell):
                    yield number, title, name


def keywords(text):
    """(line, name) of each keyword argument between backticks."""
    for number, line in enumerate(text.splitlines(), 1):
        for name in re.findall(r"`([a-z_]+)=\w*`", line):
            yield number, name


def parameters():
    """The names of everything that can be given to something of polysock's by keyword."""
    for place in (polysock, polysock.socket, polysock.Server):
        for made in vars(place).values():
            try:
                signature = inspect.signature(made)
            except (TypeError, ValueError):
                continue  # nothing to call, or it does not say how
            yield from (each.name for each in signature.parameters.values() if each.kind is not each.POSITIONAL_ONLY)


def main():
    path = ROOT / "docs/porting.md"
    text = path.read_text(encoding="utf-8")
    found = [entry for entry in names(text) if entry[1] in CHECKS]
    wrong = [entry for entry in found if not CHECKS[entry[1]](entry[2])]
    given, known = list(keywords(text)), set(parameters())
    found += given
    wrong += [(number, "Python", f"argument {name}=") for number, name in given if name not in known]
    for number, title, name in wrong:
        print(f"{path.name}:{number}: {title.strip('`')} has no {name}", file=sys.stderr)
    print(f"{path.name}: {len(found)} names, {len(wrong)} unknown")
    return 1 if wrong or not found else 0


if __name__ == "__main__":
    sys.exit(main())

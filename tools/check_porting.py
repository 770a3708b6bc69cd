#!/usr/bin/env python3
"""Checks that what docs/porting.md, the C header and the core say about other languages exists.

- Tables of docs/porting.md: every name in a column exists in that column's language.
- Its prose: every name in backticks exists in one of the languages, or is listed in FOREIGN.
- Keyword arguments (`fileno=`) belong to a Python function that is named beside them, and the arguments of a C call
  (`polysock_send(sock, data)`) are those of its declaration.
- The header: every Python name in a "BSD: … Python: … Java: …" line exists. The core: every name after "Python".

Run it with a Python that has polysock.
"""

import builtins
import contextlib
import importlib
import inspect
import pathlib
import re
import select
import sys

import polysock
from polysock import net

ROOT = pathlib.Path(__file__).resolve().parent.parent
PORTING = ROOT / "docs/porting.md"
HEADER = ROOT / "include/polysock/polysock.h"
CPLUSPLUS = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "include/polysock").glob("*.hpp"))
CORE = ROOT / "core/src"
RUST = "\n".join(path.read_text(encoding="utf-8") for path in CORE.rglob("*.rs"))
# Names in the prose of docs/porting.md that no language of polysock has.
FOREIGN = {
    "polysock_": "a prefix",
    "polysock_read": "said not to exist",
    "polysock.net": "a module",
    "select.select": "the standard library's",
    "sin_family": "BSD",
    "SO_NOSIGPIPE": "BSD",
    "std::io::Read": "Rust's",
    "std::io::Write": "Rust's",
}
# What stands before "of" in the header and is no argument: "the arguments of polysock.Server".
WHOLES = {"arguments", "length", "list", "pair"}


def without_comments(source):
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", source, flags=re.DOTALL)


DECLARATIONS = without_comments(HEADER.read_text(encoding="utf-8"))


def in_c(name):
    return re.search(rf"\b{name}\b", DECLARATIONS)


def in_cplusplus(name):
    return re.search(rf"\b{name}\(|\b(class|struct) {name}\b|[ *&]{name}( =[^;]*)?;", without_comments(CPLUSPLUS))


def find(place, path):
    """What a dotted path leads to, from a module or class on; None if it leads nowhere."""
    for part in path.split("."):
        place = getattr(place, part, None)
    return place


def python_things():
    """Everything of polysock's and polysock.net's that can have arguments, by name."""
    for place in (polysock, polysock.socket, polysock.Server, net, *vars(net).values()):
        if place in (polysock, net) or isinstance(place, type):
            yield from vars(place).items()


def parameters(thing):
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError):
        return set()  # nothing to call
    return {each.name for each in signature.parameters.values() if each.kind is not each.POSITIONAL_ONLY}


def in_python(name):
    places = (polysock, polysock.socket, polysock.error, builtins)
    return any(find(place, name) is not None or hasattr(place, name) for place in places)


def in_net(name):
    return hasattr(builtins, name) or find(net, name) is not None


def in_rust(name):
    return re.search(rf"\bpub (const )?(fn|struct|enum|trait) {name}\b|\bpub {name}: ", RUST)


CHECKS = {
    "C": in_c,
    "C++": in_cplusplus,
    "Python": in_python,
    "`polysock.net`": in_net,
    "Java style": in_net,
    "Rust": in_rust,
}


def is_known(name):
    """Whether a name of the prose exists in any language: a function, a type, a constant, a method or an argument."""
    last = re.split(r"\.|::", name)[-1]
    return (
        in_c(name)
        or in_cplusplus(last)
        or in_python(name)
        or in_net(name)
        or in_rust(last)
        or is_argument(name)
        or any(name == known for known, _thing in python_things())
    )


def is_argument(name):
    return any(name in parameters(thing) for _name, thing in python_things())


def rows(text):
    """(line, titles, cells) of each row of a table."""
    titles = []
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if cells and titles:
            yield number, titles, cells
        titles = titles or cells if cells else []


def in_tables(text):
    """Names that their column's language does not have."""
    for number, titles, cells in rows(text):
        for title, cell in zip(titles, cells, strict=True):
            for name in re.findall(r"`([A-Za-z_][\w.]*)(?:\(\w*\))?`", cell):
                if title in CHECKS and not CHECKS[title](name):
                    yield number, f"{title.strip('`')} has no {name}"


def in_prose(text):
    """Names outside of tables that exist nowhere."""
    unused = set(FOREIGN)
    for number, line in enumerate(text.splitlines(), 1):
        for name in re.findall(r"`([A-Za-z_]\w*(?:(?:\.|::)\w+)*)(?:\([^`]*\))?`", line):
            unused.discard(name)
            if not line.startswith("|") and name not in FOREIGN and not is_known(name):
                yield number, f"nothing is called {name}"
    yield from ((0, f"FOREIGN has {name}, which the text does not") for name in sorted(unused))


def paragraphs(text):
    """(line, text) of each row of a table, each item of a list, and each other paragraph."""
    number, lines = 1, []
    for count, line in enumerate([*text.splitlines(), ""], 1):
        if not line or line.startswith(("|", "- ")):
            yield number, "\n".join(lines)
            number, lines = count, []
        lines.append(line)


def in_arguments(text):
    """Keyword arguments of no Python function named in the same paragraph, and arguments that a C function lacks."""
    for number, paragraph in paragraphs(text):
        named = set(re.findall(r"`(\w+)[`(]", paragraph))
        known = {name for other, thing in python_things() if other in named for name in parameters(thing)}
        for name in re.findall(r"`(?:\w+\()?([a-z_]+)=[^`]*`", paragraph):
            if name not in known:
                yield number, f"no Python function named there has an argument {name}="
        for function, given in re.findall(r"`(polysock_\w+)\(([\w, ]+)\)`", paragraph):
            declared = re.search(rf"\b{function}\(([^;]*)\);", DECLARATIONS)
            lacking = [name for name in re.findall(r"\w+", given) if not declared or name not in declared.group(1)]
            yield from ((number, f"{function} has no argument {name}") for name in lacking)


def in_header(text):
    """Python names in the header that do not exist."""
    for found in re.finditer(r"BSD: .*?\bPython:(.*?)\bJava:", text, re.DOTALL):
        number = text.count("\n", 0, found.start(1)) + 1
        said = re.sub(r"\s*\n\s*\*\s*", " ", found.group(1))
        for in_class, name, argument in re.findall(
            r"(polysock\.net )?\b([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)(?:\((\w+)=)?", said
        ):
            thing = find(net, name) if in_class else python_reference(name)
            if thing is None:
                yield number, f"Python has no {in_class}{name}"
            elif argument and argument not in parameters(thing):
                yield number, f"{name} has no argument {argument}="
        for argument, name in re.findall(r"(\w+) of ([\w.]+\w)", said):
            thing = python_reference(name)
            known = inspect.signature(thing).parameters if thing and argument not in WHOLES else {argument}
            if argument not in known:
                yield number, f"{name} has no argument {argument}"


def python_reference(name):
    """What a name in the header means: of polysock, of one of its classes, or of the standard library."""
    first, _, rest = name.partition(".")
    if first == "socket":
        return find(polysock.socket, rest) or find(polysock, rest)
    if first == "polysock":
        return find(polysock, rest)
    for place in (polysock, builtins):
        if hasattr(place, first):
            return find(place, name)
    if first not in sys.stdlib_module_names:
        return None
    if name.startswith("select.poll."):  # which makes objects of a class without a name
        return find(type(select.poll()), name.removeprefix("select.poll."))
    place, _, attribute = name.rpartition(".")
    for module, path in ((name, ""), (place, attribute), (first, rest)):
        with contextlib.suppress(ImportError):
            imported = importlib.import_module(module)
            return find(imported, path) if path else imported
    return None


def in_core(text):
    """Python names in a Rust source that do not exist."""
    for found in re.finditer(r"Python(?:'s)? `([\w.]+)`(?:[^`.)]* with `(\w+)`)?", text):
        for name in filter(None, found.groups()):
            if not in_python(name) and python_reference(name) is None and not is_argument(name):
                yield text.count("\n", 0, found.start()) + 1, f"Python has no {name}"


def main():
    porting, header = PORTING.read_text(encoding="utf-8"), HEADER.read_text(encoding="utf-8")
    wrong = [(PORTING, *fault) for check in (in_tables, in_prose, in_arguments) for fault in check(porting)]
    wrong += [(HEADER, *fault) for fault in in_header(header)]
    for path in sorted(CORE.rglob("*.rs")):
        wrong += [(path, *fault) for fault in in_core(path.read_text(encoding="utf-8"))]
    for path, number, text in wrong:
        print(f"{path.relative_to(ROOT)}:{number}: {text}", file=sys.stderr)
    print(f"what docs/porting.md, the header and the core say about other languages: {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

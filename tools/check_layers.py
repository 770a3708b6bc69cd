"""Checks that files use only files of their own layer and those above it, and that none use each other in a circle.

    python3 tools/check_layers.py               every tree that tools/layers.txt names
    python3 tools/check_layers.py core/src      only this one
    python3 tools/check_layers.py -v core/src   also every reference between the files of a circle
    python3 tools/check_layers.py --counts      files, lines and circles only; never fails

What counts as a use: in Rust a `use` and every path written out (`crate::a::b()`), followed through re-exports to the
file that defines the item; in Python an import. Not counted: `mod` lines, comments, what is under `#[cfg(test)]`, and a
re-export (`pub use`) of a name that the file itself does not use, which only gives an item a shorter address.
Method calls are not seen; the file that names the type is.
"""

import argparse
import ast
import sys
from collections import Counter, deque
from pathlib import Path

import rust_modules

LAYERS = Path(__file__).parent / "layers.txt"


class Reference:
    """One file uses another: where, and by which name."""

    def __init__(self, source, line, target, name):
        self.source, self.line, self.target, self.name = source, line, target, name

    def __str__(self):
        return f"{self.source}:{self.line} uses {self.target} ({self.name})"


def python_references(root):
    """The imports between the files under `root`, the folder of a package."""
    modules = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root.parent).with_suffix("").parts
        modules[parts[:-1] if parts[-1] == "__init__" else parts] = path

    for parts, path in modules.items():
        package = parts if path.name == "__init__.py" else parts[:-1]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [tuple(alias.name.split(".")) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = package[: len(package) - node.level + 1] if node.level else ()
                base += tuple(node.module.split(".")) if node.module else ()
                # An attribute of the package, unless a module has the name; a compiled one has only a stub.
                members = [(*base, alias.name) for alias in node.names]
                names = [name if name in modules or is_compiled(root, name) else base for name in members]
            for name in names:
                target = modules.get(name)
                if target and target != path:
                    yield Reference(path, node.lineno, target, ".".join(name))


def is_compiled(root, name):
    """Whether `name` is a module of the package without a Python source."""
    stub = root.parent.joinpath(*name).with_suffix(".pyi")
    return stub.exists() and not stub.with_suffix(".py").exists()


def references_of(tree, reexports=False):
    if (tree / "lib.rs").exists():
        found = (Reference(*reference) for reference in rust_modules.references(tree / "lib.rs", reexports))
    else:
        found = python_references(tree)
    # One of each kind is enough to be shown.
    return list({(r.source, r.target, r.name): r for r in found}.values())


def circles(references):
    """The groups of files of which each uses, directly or through others, all the rest (Tarjan's algorithm)."""
    uses = {}
    for reference in references:
        uses.setdefault(reference.source, set()).add(reference.target)
        uses.setdefault(reference.target, set())
    index, lowest, path, found = {}, {}, [], []

    def visit(file):
        index[file] = lowest[file] = len(index)
        path.append(file)
        for used in sorted(uses[file]):
            if used not in index:
                visit(used)
                lowest[file] = min(lowest[file], lowest[used])
            elif used in path:
                lowest[file] = min(lowest[file], index[used])
        if lowest[file] == index[file]:
            group = path[path.index(file) :]
            del path[path.index(file) :]
            if len(group) > 1:
                found.append(sorted(group))

    for file in sorted(uses):
        if file not in index:
            visit(file)
    return sorted(found)


def shortest_circle(group, references):
    """The references that lead from a file of the group back to it, as few as possible."""
    inside = [r for r in references if r.source in group and r.target in group]
    best = None
    for start in group:
        reached, queue = {}, deque([start])
        while queue and start not in reached:
            file = queue.popleft()
            for reference in inside:
                if reference.source == file and reference.target not in reached:
                    reached[reference.target] = reference
                    queue.append(reference.target)
        steps, file = [reached[start]], reached[start].source
        while file != start:
            steps.insert(0, reached[file])
            file = reached[file].source
        if best is None or len(steps) < len(best):
            best = steps
    return best


def read_layers(text):
    """The trees of a table of layers: {folder: [(layer, [entry, …]), …]}."""
    trees = {}
    for line in text.splitlines():
        line = line.split("#")[0].rstrip()
        if not line:
            continue
        if line[0] != " ":
            layers = trees.setdefault(line.strip(), [])
        else:
            name, *entries = line.split()
            if layers and layers[-1][0] == name:
                layers[-1][1].extend(entries)
            else:
                layers.append((name, entries))
    return trees


def layer_faults(tree, layers, references):
    """What the table of layers forbids, or says that isn't so."""
    entries = {entry: number for number, (_, names) in enumerate(layers) for entry in names}
    used, layer_of = Counter(), {}
    suffix = ".rs" if (tree / "lib.rs").exists() else ".py"
    for path in sorted(tree.rglob("*" + suffix)):
        parts = path.relative_to(tree).with_suffix("").parts
        # The longest entry that covers the file: its own name, or one of the folders it is in.
        names = ["/".join(parts[:length]) for length in range(len(parts), 0, -1)]
        entry = next((name for name in [*names, "*"] if name in entries), None)
        if entry is None:
            yield f"{path} is in no layer of {LAYERS.name}"
            continue
        used[entry] += 1
        layer_of[path] = entries[entry]
    for entry in entries:
        if not used[entry]:
            yield f"{LAYERS.name} names {entry}, which {tree} does not have"

    for reference in references:
        source, target = layer_of.get(reference.source), layer_of.get(reference.target)
        if source is not None and target is not None and target > source:
            yield f"{reference}: {layers[source][0]} may not use {layers[target][0]}"


def lengths(tree):
    """The files of a tree and how many lines each has."""
    suffix = ".rs" if (tree / "lib.rs").exists() else ".py"
    return {path: len(path.read_bytes().splitlines()) for path in sorted(tree.rglob("*" + suffix))}


def check(tree, layers, verbose=False, reexports=False):
    """Prints what is wrong with a tree, after a line of counts. Returns whether all is well."""
    references = references_of(tree, reexports)
    found = circles(references)
    lines = lengths(tree)
    longest = max(lines, key=lines.get)
    in_circles = sum(len(group) for group in found)
    print(
        f"{tree}: {len(lines)} files, {sum(lines.values())} lines, longest {longest} ({lines[longest]}), "
        f"circles {len(found)}" + (f" ({in_circles} files)" if found else "")
    )
    for group in found:
        print(f"  circle of {len(group)}: " + " ".join(str(file.relative_to(tree)) for file in group))
        for reference in shortest_circle(group, references):
            print(f"    {reference}")
        if verbose:
            print("    all references among them:")
            for reference in sorted(map(str, (r for r in references if r.source in group and r.target in group))):
                print(f"      {reference}")
    faults = list(layer_faults(tree, layers, references)) if layers else []
    for fault in faults:
        print(f"  {fault}")
    return not found and not faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trees", nargs="*", type=Path)
    parser.add_argument("-v", "--verbose", action="store_true", help="every reference between the files of a circle")
    parser.add_argument("--reexports", action="store_true", help="count re-exports as uses, too")
    parser.add_argument("--counts", action="store_true", help="counts and circles, without the layers; never fails")
    arguments = parser.parse_args()

    layers = read_layers(LAYERS.read_text(encoding="utf-8"))
    trees = arguments.trees or [Path(name) for name in layers]
    results = [
        check(tree, [] if arguments.counts else layers.get(str(tree), []), arguments.verbose, arguments.reexports)
        for tree in trees
    ]
    sys.exit(0 if all(results) or arguments.counts else 1)


if __name__ == "__main__":
    main()

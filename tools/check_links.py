"""Checks the Markdown files of the repository: that links lead somewhere, and that files named in `code` exist.

A link may lead to a file, a folder, or a heading (`file.md#heading`); rustdoc links to items (`Error::kind`) are left
to cargo doc. A word in backticks counts as a path if it begins with a top-level folder of the repository
(`core/src/lib.rs`); `*` stands for any name.
"""

import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([\w.-]+/[\w./*-]*)`")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
# What exists only after a build.
BUILT = {"build", "target"}


def documents(root):
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in BUILT and not name.startswith(".")]
        yield from (pathlib.Path(folder, name) for name in files if name.endswith(".md"))


def anchors(text):
    """The anchors that a Markdown file's headings get, as GitHub makes them."""
    found = {}
    for heading in re.findall(r"^#+ +(.*)$", FENCE.sub("", text), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", words).strip().lower().replace(" ", "-")
        count = found.get(anchor, 0)
        found[anchor] = count + 1
        yield f"{anchor}-{count}" if count else anchor


def broken_links(file, text):
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link) or "::" in link:
            continue
        path, _, anchor = link.partition("#")
        target = file.parent / path if path else file
        if not target.exists():
            yield f"no such file: {link}"
        elif anchor and anchor not in anchors(target.read_text(encoding="utf-8")):
            yield f"no such heading: {link}"


def missing_paths(root, text):
    for path in CODE.findall(text):
        folder = path.split("/")[0]
        if folder not in BUILT and (root / folder).is_dir() and not any(root.glob(path.rstrip("/"))):
            yield f"no such file: {path}"


def problems(root):
    for file in documents(root):
        text = FENCE.sub("", file.read_text(encoding="utf-8"))
        for problem in [*broken_links(file, text), *missing_paths(root, text)]:
            yield f"{file.relative_to(root)}: {problem}"


def main():
    found = list(problems(ROOT))
    for problem in found:
        print(problem, file=sys.stderr)
    sys.exit(bool(found))


if __name__ == "__main__":
    main()

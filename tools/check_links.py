"""Checks the Markdown files of the repository: that links lead somewhere, and that files named in `code` exist.

A link may lead to a file, a folder, or a heading (`file.md#heading`). A word in backticks counts as a path if it
begins with a top-level folder of the repository (`core/src/lib.rs`); `*` stands for any name.
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


def documents():
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in BUILT and not name.startswith(".")]
        yield from (pathlib.Path(folder, name) for name in files if name.endswith(".md"))


def anchors(text):
    """The anchors that a Markdown file's headings get, as GitHub makes them."""
    found = {}
    for heading in re.findall(r"^#+ +(.*)$", FENCE.sub("", text), re.MULTILINE):
        without_links = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        plain = re.sub(r"[^\w\- ]", "", without_links).strip().lower().replace(" ", "-")
        count = found.get(plain, 0)
        found[plain] = count + 1
        yield f"{plain}-{count}" if count else plain


def broken_links(file, text):
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = file.parent / path if path else file
        if not target.exists():
            yield f"no such file: {link}"
        elif anchor and anchor not in anchors(target.read_text(encoding="utf-8")):
            yield f"no such heading: {link}"


def missing_paths(text, folders):
    for path in CODE.findall(text):
        if path.split("/")[0] in folders and not any(ROOT.glob(path.rstrip("/"))):
            yield f"no such file: {path}"


def main():
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()} - BUILT
    failed = False
    for file in documents():
        text = FENCE.sub("", file.read_text(encoding="utf-8"))
        for problem in [*broken_links(file, text), *missing_paths(text, folders)]:
            print(f"{file.relative_to(ROOT)}: {problem}", file=sys.stderr)
            failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()

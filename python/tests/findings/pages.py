"""The pages of docs/findings/ and the programs in them, ready to run."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "docs/findings"
SECTIONS = ["What happened", "A program that shows it", "How to write it right", "Sources"]
WAYS = ["Python", "C", "Java style"]

_HEADING = re.compile(r"^(#+) (.*)$")
_SEVERITY = re.compile(r"^\*\*(error|warning|note)\*\*(?: or \*\*(error|warning|note)\*\*)*: ", re.MULTILINE)
# How a program hands one of its ends over to a program in C: `end.c` connects, or accepts from the listener.
_END_IN_C = {
    "client": """
def client(address):
    subprocess.run([{program!r}, "connect", str(address[1])], check=True, timeout=20)
""",
    "server": """
def server(listener):
    program = [{program!r}, "accept", str(listener.fileno())]
    subprocess.run(program, pass_fds=[listener.fileno()], check=True, timeout=20)
""",
}


@dataclass(frozen=True)
class Block:
    section: str
    way: str
    language: str
    source: str


class Page:
    def __init__(self, path):
        self.name = path.stem
        self.text = path.read_text()
        self.headings, self.blocks = [], []
        self._read()

    def _read(self):
        section = way = ""
        language, lines = None, []
        for line in self.text.splitlines(keepends=True):
            if language is not None:
                if line.startswith("```"):
                    self.blocks.append(Block(section, way, language, "".join(lines)))
                    language = None
                else:
                    lines.append(line)
            elif line.startswith("```"):
                language, lines = line[3:].strip(), []
            elif heading := _HEADING.match(line):
                level, text = heading.groups()
                self.headings.append((len(level), text))
                if len(level) == 2:
                    section, way = text, ""
                elif len(level) == 3:
                    way = text

    @property
    def severities(self):
        """Those that the line below its title names."""
        found = _SEVERITY.search(self.text)
        return re.findall(r"\*\*(error|warning|note)\*\*", found[0]) if found else []

    @property
    def fault(self):
        (block,) = [block for block in self.blocks if block.section == SECTIONS[1] and block.language == "python"]
        return block.source

    @property
    def said(self):
        """What `show` says about it, according to the page; None if the page does not quote it."""
        blocks = [block for block in self.blocks if block.section == SECTIONS[1] and block.language == "text"]
        return blocks[-1].source if blocks else None

    def right(self, way):
        """The block that shows how to write it right in this way; None if there is none."""
        blocks = [block for block in self.blocks if block.section == SECTIONS[2] and block.way == way]
        blocks = [block for block in blocks if block.language in ("python", "c")]
        return blocks[0].source if blocks else None


def without_numbers(text):
    """What a finding says in every run: times, sizes, and the names of programs and threads differ."""
    text = re.sub(r"\S+\.py \d+( thread \d+| MainThread| Thread-\d+ \(\w+\))?", "PROGRAM", " ".join(text.split()))
    text = re.sub(r"at \S+\.py:\d+", "at PLACE", text)
    return re.sub(r"\d[\d,.]*( (ns|µs|ms|s)\b)?", "N", text)


PAGES = [Page(path) for path in sorted(FOLDER.glob("*.md")) if path.name != "README.md"]


def functions_of(source):
    return {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}


def corrected(program, block):
    """The program with its functions replaced by those of the block; or the block, if that is a whole program."""
    if not functions_of(program) & functions_of(block):
        return block
    return _with_functions(program, block)


def _with_functions(program, text):
    """Puts text before the main part of a program: what follows its last function."""
    body = ast.parse(program).body
    last = max(node.end_lineno for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef))
    lines = program.splitlines(keepends=True)
    return "".join([*lines[:last], "\n\n", text, "\n\n", *lines[last:]])


def is_whole(c_source):
    return re.search(r"\bint main\(", c_source) is not None


def with_end_in_c(program, c_source, path):
    """The program with one of its ends in C, which was compiled to `path`."""
    (end,) = [end for end in _END_IN_C if re.search(rf"^static int {end}\(", c_source, re.MULTILINE)]
    return _with_functions(program, "import subprocess\n" + _END_IN_C[end].format(program=str(path)))

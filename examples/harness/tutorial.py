"""A tutorial: its test.toml, and the languages its programs are written in.

A tutorial is a folder with a `test.toml`:

    server = '''…'''        what the server prints  } of a tutorial of two programs,
    client = '''…'''        what the client prints  } server.* and client.*
    output = '''…'''        what the program prints, of a tutorial of one, which is named like the folder
    input = '''…'''         given to the client's or the program's standard input; nothing by default
    client_arguments = []   given to the client after HOST PORT, or to the program
    file_bytes = 1000       makes sample.bin, a file of that many bytes; {file} in client_arguments is its path
    server_arguments = []   given to the server after PORT CLIENTS
    connections = 4         how many CLIENTS the server counts when the client has run once; 1 by default
    garbage = "ends"        the server ends with a message when it is fed garbage; by default it must go on
    no_garbage = "why"      it can't be fed garbage
    transport = "udp"       TCP by default
    missing = {java = "…"}  why it can't be written in a language (c, python, java, rust; C++ is optional), or why a
                            file is missing: {"server_net.py" = "…"}
    diagram.languages       of the server and the client (or the program) of which `make diagrams` draws a run
    diagram.options = true  it shows the options that are set, too
    diagram.most = 20       it shows only the beginning: this many calls
    diagram.varies = "why"  its order is not the same in every run, so only the kinds of its steps are tested
    findings = {leaked = "…"}   what `python -m polysock show` finds in it (docs/findings/), and why that is right

Texts are compared exactly, but for {port} (the server's), {number}, and {any} (the rest of the line).
"""

import dataclasses
import sys
import tomllib
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1]
ROOT = EXAMPLES.parent


class Fault(Exception):
    """What is wrong with a tutorial."""


@dataclasses.dataclass(frozen=True)
class Language:
    name: str
    file: str
    required: bool
    command: str

    def command_of(self, folder: Path, role: str) -> list[str]:
        """The command of a program; the role is `server`, `client`, or empty for a program alone."""
        values = {
            "python": sys.executable,
            "root": ROOT,
            "folder": folder,
            "name": folder.name,
            "stem": stem_of(folder, role),
            "class": class_of(stem_of(folder, role)),
            "dash": f"-{role}" if role else "",
        }
        return [word.format(**values) for word in self.command.split()]

    def file_of(self, stem: str) -> str:
        return self.file.format_map({"stem": stem, "class": class_of(stem)})


def stem_of(folder: Path, role: str) -> str:
    """What the files of a program are called."""
    return role or folder.name.replace("-", "_")


def class_of(stem: str) -> str:
    """What Java's class is called."""
    return "".join(word.capitalize() for word in stem.split("_"))


LANGUAGES = (
    Language("c", "{stem}.c", True, "{root}/build/examples/{name}/{stem}_c"),
    Language("cpp", "{stem}.cpp", False, "{root}/build/examples/{name}/{stem}_cpp"),
    Language("python", "{stem}.py", True, "{python} -W default {folder}/{stem}.py"),
    Language("java", "{stem}_net.py", True, "{python} -W default {folder}/{stem}_net.py"),
    Language("rust", "{stem}.rs", True, "{root}/target/debug/{name}{dash}"),
)
# Java itself, in which some of the tutorials are written, too. clients/test_layer_java.py plays them.
JAVA_ITSELF = Language(
    "jdk",
    "{class}.java",
    False,
    "java -Xshare:auto -XX:TieredStopAtLevel=1 -Dfile.encoding=UTF-8 -cp {root}/build/examples/{name}/java {class}",
)
TEXTS = {"server", "client", "output", "input"}
KEYS = TEXTS | {
    "client_arguments",
    "file_bytes",
    "server_arguments",
    "connections",
    "garbage",
    "no_garbage",
    "transport",
    "missing",
    "diagram",
    "findings",
}
DIAGRAM_KEYS = {"languages", "options", "most", "varies"}


@dataclasses.dataclass(frozen=True)
class Tutorial:
    folder: Path
    test: dict
    environment: dict = dataclasses.field(default_factory=dict)  # more variables for its programs

    @property
    def name(self) -> str:
        return self.folder.name

    def languages(self, role: str) -> list[Language]:
        """Those the program is written in. Raises `Fault` when one is missing without a reason."""
        stem = stem_of(self.folder, role)
        missing = self.test.get("missing", {})
        found = []
        for language in LANGUAGES:
            file = language.file_of(stem)
            exists = (self.folder / file).is_file()
            reason = missing.get(file, missing.get(language.name))
            if exists and reason:
                raise Fault(f"{file} exists, but test.toml says that it is missing: {reason}")
            if not exists and language.required and not reason:
                raise Fault(f"{file} is missing, and test.toml does not say why")
            if exists:
                found.append(language)
        return found

    def is_written_in(self, language: Language, role: str) -> bool:
        return (self.folder / language.file_of(stem_of(self.folder, role))).is_file()


def load(folder: Path) -> Tutorial:
    try:
        test = tomllib.loads((folder / "test.toml").read_text())
    except tomllib.TOMLDecodeError as error:
        raise Fault(f"test.toml: {error}") from error
    if unknown := test.keys() - KEYS:
        raise Fault(f"test.toml: unknown {', '.join(sorted(unknown))}")
    if not ("output" in test) ^ ("server" in test and "client" in test):
        raise Fault("test.toml: needs `output`, or `server` and `client`")
    if test.get("garbage", "ends") != "ends":
        raise Fault(f"test.toml: garbage = {test['garbage']!r}")
    if test.get("transport", "udp") != "udp":
        raise Fault(f"test.toml: transport = {test['transport']!r}")
    names = {language.name for language in LANGUAGES}
    stems = ["server", "client", folder.name.replace("-", "_")]
    files = {language.file_of(stem) for language in LANGUAGES for stem in stems}
    if unknown := test.get("missing", {}).keys() - names - files:
        raise Fault(f"test.toml: no such language or file: {', '.join(sorted(unknown))}")
    if unknown := test.get("diagram", {}).keys() - DIAGRAM_KEYS:
        raise Fault(f"test.toml: unknown diagram.{', diagram.'.join(sorted(unknown))}")
    if not (folder / "README.md").is_file():
        raise Fault("README.md is missing")
    return Tutorial(folder, test)

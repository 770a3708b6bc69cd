"""Runs every block that a reader can copy out of the READMEs: `pytest tools/test_documents.py -k "python/README"`.

Blocks are run in a folder that has what the reader has: the last program of each language before the block (client.c,
client.py), a script.py and a module.py, links to what this checkout has built, and an installed library.

    c, cpp, python, rust  built and run; where they use port 7007, an echo server answers, and they must print `hello`
    sh                    run by bash with -e and pipefail, with a free port for 7007; `make` only shows what it would
                          do; a `client` that is built there must print `hello`, too; the findings of a trace that are
                          in the text block after it must be found
    cmake                 what a user adds to a project that has client.c; built and run
    text                  nothing to run
    mermaid               a diagram; `make test-examples` compares those of the tutorials with a run

A block of any other kind fails: no test would run it. A block that needs a missing tool is skipped.
"""

import contextlib
import os
import random
import re
import shutil
import socket as standard
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import note_skipped
import process_group
import pytest

import polysock as socket

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / "target/release"
DOCUMENTS = [
    "README.md",
    "python/README.md",
    "docs/delivery.md",
    "docs/messages.md",
    *sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("examples/*/README.md")),
]
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PORT = "7007"
RUST_LIBRARY = ROOT / "target/debug"
TIME_LIMIT = 300  # seconds
TOOLS = ("pkg-config", "cmake", "curl")
COMPILERS = {"c": ("CC", "cc", "-std=c11"), "cpp": ("CXX", "c++", "-std=c++17")}
PROGRAM_FILES = {"c": "client.c", "cpp": "client.cpp", "python": "client.py"}
FINDING = re.compile(r"▲ (\w+ [a-z-]+):")


@dataclass(frozen=True)
class Block:
    document: str
    line: int
    language: str
    source: str

    def __str__(self):
        return f"{self.document}:{self.line} {self.language}"


def read_blocks(document):
    text = (ROOT / document).read_text()
    for fence in FENCE.finditer(text):
        yield Block(document, text.count("\n", 0, fence.start()) + 1, *fence.groups())


BLOCKS = [block for document in DOCUMENTS for block in read_blocks(document)]


@pytest.fixture(scope="session")
def echo_port():
    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # the listener was closed
            with connection, contextlib.suppress(OSError):  # the next client must be served in any case
                connection.settimeout(10)
                while data := connection.recv(4096):
                    connection.sendall(data)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve)
        server.start()
        yield str(listener.getsockname()[1])
        listener.close()
        server.join(10)


@pytest.fixture(scope="session")
def reader(echo_port, tmp_path_factory):
    return Reader(tmp_path_factory.mktemp("reader"), echo_port)


def free_port():
    """A port that is free for TCP and UDP, below those that the system gives to programs by itself."""
    while True:
        port = random.randint(20000, 30000)
        with contextlib.suppress(OSError), standard.socket() as tcp, standard.socket(type=standard.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", port))
            udp.bind(("127.0.0.1", port))
            return str(port)


class Reader:
    """Follows the documents in a folder."""

    def __init__(self, folder, echo_port):
        self.folder, self.echo_port = folder, echo_port
        self.knows_localhost = True
        try:
            standard.gethostbyname("localhost")
        except OSError:
            self.knows_localhost = False
            note_skipped.note("README.md: localhost by name", "the name localhost (/etc/hosts)")
        for name in ("build", "target", "examples"):
            (folder / name).symlink_to(ROOT / name)
        for name in ("script.py", "module.py"):
            (folder / name).write_text("import socket\nprint(socket.__name__)\n")
        tools = folder / "tools"
        tools.mkdir()
        # A `make` that only checks whether it could.
        (tools / "make").write_text(f'#!/bin/sh\nexec "{shutil.which("make")}" -C "{ROOT}" -n "$@" >/dev/null\n')
        (tools / "make").chmod(0o755)
        installed = folder / "installed"
        self.environment = os.environ | {
            "PATH": os.pathsep.join([str(tools), str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PKG_CONFIG_PATH": str(installed / "lib/pkgconfig"),
            "LD_LIBRARY_PATH": str(installed / "lib"),
            "CMAKE_PREFIX_PATH": str(installed),
        }
        self.environment.pop("MAKEFLAGS", None)
        self.run(["sh", ROOT / "ffi/install.sh", LIBRARY], PREFIX=str(installed))

    def run(self, command, **environment):
        """Runs a command in the folder, with what it starts; returns what it printed."""
        try:
            ended = process_group.run(command, TIME_LIMIT, cwd=self.folder, env=self.environment | environment)
        except subprocess.TimeoutExpired as error:
            pytest.fail(f"{error}\n{error.output}", pytrace=False)
        if ended.returncode != 0:
            pytest.fail(f"exit code {ended.returncode}\n{ended.stdout}", pytrace=False)
        return ended.stdout

    def write_programs_before(self, block, port):
        for earlier in BLOCKS[: BLOCKS.index(block)]:
            if earlier.language in PROGRAM_FILES and earlier.document == block.document:
                self.write_program(earlier, port if earlier.language == "python" else self.echo_port)

    def write_program(self, block, port):
        (self.folder / PROGRAM_FILES[block.language]).write_text(self.source_of(block, port))

    def source_of(self, block, port):
        source = block.source.replace(PORT, port)
        return source if self.knows_localhost else source.replace("localhost", "127.0.0.1")

    def run_shell(self, source):
        (self.folder / "client").unlink(missing_ok=True)
        printed = self.run(["bash", "-e", "-o", "pipefail", "-c", source])
        if (self.folder / "client").exists():
            assert "hello" in self.run(["./client"])
        return printed

    def run_cmake(self, source):
        project = self.folder / "project"
        project.mkdir(exist_ok=True)
        shutil.copy(self.folder / "client.c", project)
        users_lines = "cmake_minimum_required(VERSION 3.16)\nproject(p C)\nadd_executable(client client.c)\n"
        (project / "CMakeLists.txt").write_text(users_lines + source)
        self.run(["cmake", "-S", project, "-B", project / "built"])
        self.run(["cmake", "--build", project / "built"])
        assert "hello" in self.run([project / "built/client"])

    def run_python(self, source):
        program = self.folder / "example.py"
        program.write_text(source)
        return self.run([sys.executable, program])

    def run_rust(self, source):
        """By the compiler itself: cargo would compile the library once more, for a crate of another workspace."""
        file, program = self.folder / "main.rs", self.folder / "example_rust"
        file.write_text(source)
        library = [f"--extern=polysock={RUST_LIBRARY / 'libpolysock.rlib'}", f"-Ldependency={RUST_LIBRARY / 'deps'}"]
        self.run(["rustc", "--edition=2021", "-Dwarnings", *library, file, "-o", program])
        return self.run([program])

    def run_compiled(self, language, source):
        variable, compiler, standard_flag = COMPILERS[language]
        file = self.folder / PROGRAM_FILES[language]
        file.write_text(source)
        program = self.folder / f"example_{language}"
        compiler = os.environ.get(variable, compiler).split()
        flags = [standard_flag, "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'include'}"]
        library = [f"-L{LIBRARY}", "-lpolysock", f"-Wl,-rpath,{LIBRARY}"]
        self.run([*compiler, *flags, file, "-o", program, *library])
        return self.run([program])


def output_after(block):
    """What a document says that a block prints, if it does."""
    following = BLOCKS[BLOCKS.index(block) + 1 : BLOCKS.index(block) + 2]
    return "".join(other.source for other in following if other.language == "text" and other.document == block.document)


def test_the_walk_ends_with_a_program_that_has_no_finding(reader):
    walk = next(block for block in BLOCKS if "polysock show run" in block.source)
    fixed = next(block for block in BLOCKS[BLOCKS.index(walk) :] if block.language == "python")
    port = free_port()
    reader.write_program(fixed, port)
    reader.run(["rm", "-rf", "run"])
    reader.run_shell(reader.source_of(walk, port))
    assert "nothing found" in reader.run([sys.executable, "-m", "polysock", "show", "run", "--check"])


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language not in ("text", "mermaid")], ids=str)
def test_block(block, reader):
    for tool in TOOLS:
        if tool in block.source + block.language and not shutil.which(tool):
            pytest.skip(f"needs {tool}")
    if block.language == "sh":
        port = free_port()
        reader.write_programs_before(block, port)
        printed = reader.run_shell(reader.source_of(block, port))
        assert set(FINDING.findall(output_after(block))) <= set(FINDING.findall(printed)), printed
        return
    source = reader.source_of(block, reader.echo_port)
    if block.language == "cmake":
        reader.write_programs_before(block, reader.echo_port)
        reader.run_cmake(source)
        return
    if block.language == "python":
        printed = reader.run_python(source)
    elif block.language == "rust":
        printed = reader.run_rust(source)
    elif block.language in COMPILERS:
        printed = reader.run_compiled(block.language, source)
    else:
        pytest.fail(f"nothing runs blocks of {block.language or 'no language'}")
    if PORT in block.source:
        assert "hello" in printed

"""Runs every block that a reader can copy out of a Markdown file:  run_readme.py LIBRARY_DIR README.md …

The blocks of a kind are run in a folder that has what their reader has: the last program of each language (client.c),
a script.py and a module.py, links to what this checkout has built, and an installed library.

    c, cpp, python, rust  built and run; where they use port 7007, an echo server answers, and they must print `hello`
    sh                    run by bash with -e and pipefail, with a free port for 7007; `make` only says what it
                          would do; a `client` that is built there must print `hello`, too
    cmake                 what a user adds to a project that has client.c; built and run
    text                  nothing to run

A block of any other kind fails: no test would run it. What needs a tool that is not here is skipped, and said so.
"""

import contextlib
import os
import random
import re
import shutil
import signal
import socket as standard
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import polysock as socket

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PORT = "7007"
PATIENCE = 300  # a Rust example may have to be built
TOOLS = {"pkg-config": "pkg-config", "cmake": "cmake", "curl": "curl"}  # found in a block, and what Debian calls it
COMPILERS = {"c": ("CC", "cc", "-std=c11"), "cpp": ("CXX", "c++", "-std=c++17")}


class Failed(Exception):
    """What a block did instead."""


def echo_for_ever(listener):
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return  # closed: that is how it ends
        with connection, contextlib.suppress(OSError):  # one that fails is not the end for the next
            connection.settimeout(10)
            while data := connection.recv(4096):
                connection.sendall(data)


def free_port():
    """A port that nobody has, below those that the system gives away."""
    while True:
        port = random.randint(20000, 30000)
        with contextlib.suppress(OSError), standard.socket() as tcp, standard.socket(type=standard.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", port))
            udp.bind(("127.0.0.1", port))
            return str(port)


class Runner:
    """Runs blocks in a folder."""

    def __init__(self, folder, library, echo_port):
        self.folder, self.library, self.echo_port = folder, library, echo_port
        self.localhost = True
        try:
            standard.gethostbyname("localhost")
        except OSError:
            self.localhost = False
        for name in ("build", "target", "examples"):
            (folder / name).symlink_to(ROOT / name)
        for name in ("script.py", "module.py"):
            (folder / name).write_text("import socket\nprint(socket.__name__)\n")
        tools = folder / "tools"
        tools.mkdir()
        # A `make` that does nothing but see whether it could.
        (tools / "make").write_text(f'#!/bin/sh\nexec "{shutil.which("make")}" -C "{ROOT}" -n "$@" >/dev/null\n')
        (tools / "make").chmod(0o755)
        self.installed = folder / "installed"
        self.environment = os.environ | {
            "PATH": os.pathsep.join([str(tools), str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PKG_CONFIG_PATH": str(self.installed / "lib/pkgconfig"),
            "LD_LIBRARY_PATH": str(self.installed / "lib"),
            "CMAKE_PREFIX_PATH": str(self.installed),
        }
        self.environment.pop("MAKEFLAGS", None)
        self.run(["sh", ROOT / "ffi/install.sh", library], PREFIX=str(self.installed))

    def run(self, words, **environment):
        """Runs a command in the folder, with what it starts; returns what it printed."""
        process = subprocess.Popen(
            [str(word) for word in words],
            cwd=self.folder,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            printed, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failed(f"does not end within {PATIENCE} s") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        if process.returncode != 0:
            raise Failed(f"exit code {process.returncode}\n{printed}")
        return printed

    def says_hello(self, words):
        printed = self.run(words)
        if "hello" not in printed:
            raise Failed(f"does not print hello, but\n{printed}")

    def play(self, language, source):
        port = free_port() if language == "sh" else self.echo_port
        talks = PORT in source
        source = source.replace(PORT, port)
        if not self.localhost:
            source = source.replace("localhost", "127.0.0.1")
        if language == "sh":
            (self.folder / "client").unlink(missing_ok=True)
            self.run(["bash", "-e", "-o", "pipefail", "-c", source])
            if (self.folder / "client").exists():
                self.says_hello(["./client"])
        elif language == "cmake":
            users_lines = "cmake_minimum_required(VERSION 3.16)\nproject(p C)\nadd_executable(client client.c)\n"
            project = self.folder / "project"
            project.mkdir(exist_ok=True)
            shutil.copy(self.folder / "client.c", project)
            (project / "CMakeLists.txt").write_text(users_lines + source)
            self.run(["cmake", "-S", project, "-B", project / "built"])
            self.run(["cmake", "--build", project / "built"])
            self.says_hello([project / "built/client"])
        else:
            words = self.command(language, source)
            (self.says_hello if talks else self.run)(words)

    def command(self, language, source):
        """Writes the program, builds it if need be, and says how to run it."""
        if language == "python":
            program = self.folder / "example.py"
            program.write_text(source)
            return [sys.executable, program]
        if language == "rust":
            crate = self.folder / "crate"
            crate.mkdir(exist_ok=True)
            (crate / "Cargo.toml").write_text(
                '[package]\nname = "readme"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n'
                f'[dependencies]\npolysock = {{ path = "{ROOT / "core"}" }}\n'
                '[[bin]]\nname = "readme"\npath = "main.rs"\n'
            )
            (crate / "main.rs").write_text(source)
            return [
                *("cargo", "run", "--quiet", "--manifest-path", crate / "Cargo.toml"),
                *("--target-dir", ROOT / "target/readme"),
            ]
        variable, compiler, standard_flag = COMPILERS[language]
        file = self.folder / f"client.{language}"
        file.write_text(source)
        compiler = os.environ.get(variable, compiler).split()
        program = self.folder / f"example_{language}"
        flags = [standard_flag, "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'include'}"]
        library = [f"-L{self.library}", "-lpolysock", f"-Wl,-rpath,{self.library}"]
        self.run([*compiler, *flags, file, "-o", program, *library])
        return [program]


def say_skipped(what, needs):
    subprocess.run(["sh", str(ROOT / "tools/skipped.sh"), what, needs], check=True)


def main():
    library, documents = Path(sys.argv[1]).resolve(), [Path(name) for name in sys.argv[2:]]
    passed = failed = skipped = 0
    with socket.create_server(("127.0.0.1", 0)) as listener, tempfile.TemporaryDirectory() as folder:
        server = threading.Thread(target=echo_for_ever, args=(listener,))
        server.start()
        runner = Runner(Path(folder), library, str(listener.getsockname()[1]))
        for document in documents:
            for language, source in FENCE.findall(document.read_text()):
                if language == "text":
                    continue
                missing = [TOOLS[tool] for tool in TOOLS if tool in source + language and not shutil.which(tool)]
                if missing:
                    skipped += 1
                    say_skipped(f"{document}: {source.strip().splitlines()[-1].strip()}", missing[0])
                    continue
                try:
                    if language not in ("sh", "cmake", "c", "cpp", "python", "rust"):
                        raise Failed(f"nothing runs blocks of {language or 'no language'} (tools/run_readme.py)")
                    runner.play(language, source)
                    passed += 1
                except Failed as what:
                    failed += 1
                    print(f"FAILED {document}\n{source}{what}\n")
        listener.close()
        server.join(10)
    if not runner.localhost:
        say_skipped("README.md: localhost by name", "the name localhost (/etc/hosts)")
    print(f"{passed} blocks passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed or not passed else 0)


main()

"""The layer as it was built, programs for it, and what their traces say."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytest.register_assert_rewrite("promised")

HERE = Path(__file__).parent
BUILT = Path(os.environ.get("POLYSOCK_BUILT", HERE.parent.parent / "target" / "release"))
COMPILER = os.environ.get("CC", "cc").split()
SECONDS = 60


def macros():
    """The macros of the compiler and its C library, as lines."""
    command = [*COMPILER, "-E", "-dM", "-include", "features.h", "-x", "c", os.devnull]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()


MACROS = macros()
# What the compiler makes programs for.
IS_FOR_GLIBC = any(line.startswith("#define __GLIBC__ ") for line in MACROS)
HAS_32_BITS = "#define __SIZEOF_POINTER__ 4" in MACROS


def has_dprintf():
    """Whether the layer has functions with any number of arguments, given 64 bits and naked functions."""
    if HAS_32_BITS:
        return False
    if not shutil.which("rustc"):
        return True
    version = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, version.split()[1].split(".")[:2])) >= (1, 88)


HAS_DPRINTF = has_dprintf()
needs_glibc = pytest.mark.skipif(not IS_FOR_GLIBC, reason="needs programs of glibc")
# What the programs use of glibc.
OF_GLIBC = [] if IS_FOR_GLIBC else ["-D_GNU_SOURCE", "-include", str(HERE / "programs/glibc_names.h")]
# Beside glibc's, on a system that has both.
FOR_MUSL = BUILT / "polysock/musl/libpolysock-bsd.so.0"
LAYER = FOR_MUSL if not IS_FOR_GLIBC and FOR_MUSL.exists() else BUILT / "libpolysock-bsd.so.0"


class Layer:
    """Runs programs with and without the layer."""

    def __init__(self, folder):
        self.folder = folder
        self.runner = BUILT / "polysock-run"
        self.library = LAYER

    def run(self, *command, options=(), **more):
        return run(self.runner, *options, *command, **more)

    def traced(self, *command, **more):
        """(the finished process, its records and those of its children: {program's process: [record, …]})"""
        finished = self.run(*command, options=("--trace", self.folder / "trace"), **more)
        return finished, self.records()

    def records(self):
        """The records of all processes: {process: [record, …]}"""
        # Imported here: the tests of conftest's other users need no package.
        from polysock._trace.reader import open_folder

        files, troubles = open_folder(self.folder / "trace")
        assert not troubles
        records = {}
        for file in files:
            records.setdefault(file.header["pid"], []).extend(file.records())
            assert file.unreadable == 0
            file.close()
        return records


def run(*command, **more):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("POLYSOCK_", "LD_"))}
    return subprocess.run(
        [os.fspath(word) for word in command],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env={**environment, **more.pop("env", {})},
        **more,
    )


@pytest.fixture(scope="session")
def built_layer():
    """The file of polysock-run."""
    return BUILT / "polysock-run"


@pytest.fixture
def layer(tmp_path):
    return Layer(tmp_path)


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    """Compiles a program of the folder `programs`."""
    folder = tmp_path_factory.mktemp("programs")

    def compile_program(name, *options):
        target = folder / "-".join([name, *(option.strip("-") for option in options)])
        if not target.exists():
            source = HERE / "programs" / f"{name}.c"
            command = [
                *COMPILER,
                "-std=gnu11",
                "-O2",
                "-w",
                "-pthread",
                *OF_GLIBC,
                *options,
                str(source),
                "-o",
                str(target),
            ]
            subprocess.run(command, check=True, timeout=SECONDS)
        return target

    return compile_program


@pytest.fixture(scope="session")
def needs_strace():
    if not shutil.which("strace"):
        pytest.skip("needs strace")


def calls(records, *names):
    """The finished calls of these names."""
    return [record for record in records if record.get("call") in names and not record.get("begun")]


def run_thrice(layer, command, more):
    """Runs a program without the layer, with it, and recorded: all three do the same."""
    without = run(*command, **more)
    for options in [(), ("--trace", layer.folder / "trace")]:
        finished = layer.run(*command, options=options, **more)
        assert finished.stdout == without.stdout
        assert (finished.stderr, finished.returncode) == (without.stderr, without.returncode)
    return without


@pytest.fixture
def same(layer):
    """(the finished program, its records), after it did the same without the layer, with it, and recorded"""

    def run_and_read(*command, **more):
        return run_thrice(layer, command, more), layer.records()

    return run_and_read


@pytest.fixture
def same_anyhow(layer):
    """The same for a program whose records may be incomplete: the text of each file."""

    def run_and_read(*command, **more):
        finished = run_thrice(layer, command, more)
        return finished, [file.read_text() for file in sorted((layer.folder / "trace").glob("*.jsonl"))]

    return run_and_read

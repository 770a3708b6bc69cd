"""The layer as it was built, programs for it, and what their traces say."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BUILT = Path(os.environ.get("POLYSOCK_BUILT", HERE.parent.parent / "target" / "release"))
COMPILER = os.environ.get("CC", "cc").split()
SECONDS = 60


class Layer:
    """Runs programs with and without the layer."""

    def __init__(self, folder):
        self.folder = folder
        self.runner = BUILT / "polysock-run"
        self.library = BUILT / "libpolysock-bsd.so.0"

    def run(self, *command, options=(), **more):
        return run(self.runner, *options, *command, **more)

    def traced(self, *command, **more):
        """(the finished process, its records and those of its children: {program's process: [record, …]})"""
        # Imported here: the tests of conftest's other users need no package.
        from polysock._trace.reader import open_folder

        folder = self.folder / "trace"
        finished = self.run(*command, options=("--trace", folder), **more)
        files, troubles = open_folder(folder)
        assert not troubles
        records = {}
        for file in files:
            records.setdefault(file.header["pid"], []).extend(file.records())
            assert file.unreadable == 0
            file.close()
        return finished, records


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
            command = [*COMPILER, "-std=gnu11", "-O2", "-w", "-pthread", *options, str(source), "-o", str(target)]
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

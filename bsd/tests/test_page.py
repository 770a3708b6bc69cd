"""A reader who copies every block of "In two minutes" in docs/unchanged-programs.md sees what the page says.

How a program is linked with the layer is tried with an installed one (ffi/tests/install_test.sh).
"""

import os
import re
import shutil
import socket
import sys
from pathlib import Path

import process_group
import pytest
from conftest import BUILT, COMPILER

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "unchanged-programs.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PORT = "7007"
SECONDS = 120

# Waits for the server that was started before, where the page has a second.
SLEEP = """
sleep() {{
    for attempt in $(seq 3000); do
        grep -q ':{port:04X} 00000000:0000 0A' /proc/net/tcp && return 0
        command sleep 0.01
    done
    echo 'nothing listens'
}}
"""


class Reader:
    """Has a folder with what is in the repository, follows the page, and keeps what each shell block printed."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.printed = []
        (folder / "build").mkdir()
        (folder / "target").mkdir()
        (folder / "target/release").symlink_to(BUILT)
        # What is active already is not activated again, and what was built before is not built.
        tools = folder / "tools"
        tools.mkdir()
        (folder / "build/venv/bin").mkdir(parents=True)
        (folder / "build/venv/bin/activate").touch()
        (tools / "make").write_text(f'#!/bin/sh\nexec "{shutil.which("make")}" -C "{ROOT}" -n "$@" >/dev/null\n')
        (tools / "cc").write_text(
            f'#!/bin/sh\nexec {shutil.which(COMPILER[0])} {" ".join(COMPILER[1:])} -Wall -Wextra -Werror "$@"\n'
        )
        for tool in tools.iterdir():
            tool.chmod(0o755)
        self.path = os.pathsep.join([str(tools), str(Path(sys.executable).parent), os.environ["PATH"]])

    def follow(self, language, block):
        if language == "sh":
            self.printed.append(self.run(block))
        elif language == "c":
            self.write(block.replace(PORT, str(self.port)))
        else:
            assert language == "text", f"nothing runs a block of {language}"

    def write(self, block):
        """A program, which begins with its name, or what replaces a part of one."""
        what, name = re.match(r"/\* (in )?(\w+\.c) \*/\n", block).groups()
        file = self.folder / name
        if what:
            program, correction = file.read_text(), block.split("\n", 1)[1]
            first = program.index(correction.splitlines()[0])
            last = program.index("send(")
            block = program[:first] + correction + program[program.index("\n", last) + 1 :]
        file.write_text(block)

    def run(self, commands):
        """Runs the commands of a block, as typed one after the other, and waits for what they started."""
        setting = self.folder / "exported"
        known = f". {setting}\n" if setting.exists() else ""
        script = f"{SLEEP.format(port=self.port)}{known}{commands}\nexport -p >{setting}\nwait\n"
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("POLYSOCK_", "LD_"))}
        # The variables that make(1) sets for those it starts concern only those.
        environment.pop("MAKEFLAGS", None)
        environment["PATH"] = self.path
        done = process_group.run(["bash", "-c", script], SECONDS, cwd=self.folder, env=environment)
        assert done.returncode == 0, done.stdout
        assert "nothing listens" not in done.stdout, done.stdout
        return done.stdout


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    reader = Reader(tmp_path_factory.mktemp("reader"))
    two_minutes = PAGE.read_text().partition("\n## Linked with the layer\n")[0]
    for language, block in BLOCK.findall(two_minutes):
        reader.follow(language, block)
    return reader.printed


def test_the_page_has_four_blocks_of_commands(printed):
    assert len(printed) == 4


def test_without_the_layer_the_message_is_cut(printed):
    assert "a message of 29 characters" not in printed[1]


def test_the_mistake_is_found(printed):
    assert "13 B unread: resets" in printed[2]
    assert "warning reset-by-unread" in printed[2]


def test_calls_are_shown_with_their_lines(printed):
    assert re.search(r"close at server\.c:\d+ with 13 bytes unread", printed[2]), printed[2]


def test_the_correction_is_one(printed):
    assert "a message of 29 characters..." in printed[3].splitlines()
    assert "▲" not in printed[3]

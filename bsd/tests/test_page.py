"""The programs of docs/unchanged-programs.md do what the page says."""

import re
import socket
import subprocess
import sys
import time
from pathlib import Path

from conftest import COMPILER

PAGE = Path(__file__).parent.parent.parent / "docs" / "unchanged-programs.md"


def build(name, source, folder):
    (folder / f"{name}.c").write_text(source)
    command = [*COMPILER, "-Wall", "-Wextra", "-Werror", "-o", folder / name, folder / f"{name}.c"]
    subprocess.run(command, check=True, timeout=60)
    return folder / name


def is_listening(port):
    """Looked up, because a connection would be the one that the server accepts."""
    listening = "0A"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == listening for line in lines)


def play(layer, server, client, port):
    """What `show` says of the two programs, and what the client printed."""
    folder = layer.folder / "run"
    command = [layer.runner, "--trace", folder, server, str(port)]
    with subprocess.Popen(command) as running:
        try:
            deadline = time.monotonic() + 30
            while not is_listening(port):
                assert time.monotonic() < deadline
                assert running.poll() is None
                time.sleep(0.01)
            finished = layer.run(client, str(port), options=("--trace", folder))
            running.wait(timeout=30)
        finally:
            running.kill()
    shown = subprocess.run(
        [sys.executable, "-m", "polysock", "show", folder], capture_output=True, text=True, timeout=60, check=True
    )
    return shown.stdout, finished.stdout


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def test_the_mistake_is_found_and_its_correction_is_one(layer, tmp_path):
    server, client, correction = re.findall(r"^```c\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    client = build("client", client, tmp_path)
    shown, _ = play(layer, build("server", server, tmp_path), client, free_port())
    assert "12 B unread: resets" in shown
    assert "warning reset-by-unread" in shown

    layer.folder = tmp_path / "again"
    layer.folder.mkdir()
    first, last = server.index("    char message[16]"), server.index("    close(client)")
    correct = server[:first] + correction[correction.index("    char message") :] + "\n" + server[last:]
    shown, printed = play(layer, build("correct", correct, tmp_path), client, free_port())
    assert printed == "a message of 28 characters.."
    assert "warning" not in shown

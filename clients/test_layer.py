"""Real programs over the layer below unchanged programs: they do what they do without it, recorded or not."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
RUNNER = ROOT / "target" / "release" / "polysock-run"
STANDARD_TESTS = Path(__file__).resolve().parent / "layer" / "standard_tests.py"
SECONDS = 300

WAYS = ["without", "layer", "recorded"]


def started_with(way, folder):
    """What comes before the command."""
    return {"without": [], "layer": [RUNNER], "recorded": [RUNNER, "--trace", folder / "trace"]}[way]


def needs(*programs):
    for program in programs:
        if not shutil.which(program):
            pytest.skip(f"needs {program}")


@pytest.mark.parametrize(
    "modules",
    [
        ["test.test_socket"],
        ["test.test_select", "test.test_poll", "test.test_epoll", "test.test_selectors"],
        ["test.test_socketserver", "test.test_asyncio.test_sock_lowlevel", "test.test_asyncio.test_streams"],
    ],
    ids=["socket", "readiness", "servers"],
)
def test_the_interpreters_own_tests_have_the_same_outcomes(modules, tmp_path):
    pytest.importorskip("test.test_socket", reason="needs the interpreter's own tests")

    def outcomes(way):
        folder = tmp_path / way
        folder.mkdir()
        command = [*started_with(way, folder), sys.executable, STANDARD_TESTS, *modules]
        process = subprocess.run(
            command, capture_output=True, text=True, cwd=folder, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL
        )
        assert process.returncode == 0, process.stderr[-4000:]
        return json.loads(process.stdout.splitlines()[-1])

    with ThreadPoolExecutor(len(WAYS)) as threads:
        without, untraced, recorded = threads.map(outcomes, WAYS)
    assert untraced == without
    assert recorded == without
    assert any((tmp_path / "recorded" / "trace").iterdir())
    assert len([outcome for outcome in without.values() if outcome == "pass"]) > 20


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait_for(port, process):
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
            return
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.parametrize("way", WAYS)
def test_redis(way, tmp_path):
    needs("redis-server", "redis-cli", "redis-benchmark")
    port = str(free_port())
    server = [*started_with(way, tmp_path), "redis-server", "--port", port, "--save", "", "--dir", tmp_path]
    client = started_with(way, tmp_path)
    with subprocess.Popen([*server, "--io-threads", "2"], stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(int(port), process)
            ask = [*client, "redis-cli", "-p", port]
            assert run([*ask, "set", "key", "value"]).stdout == "OK\n"
            assert run([*ask, "get", "key"]).stdout == "value\n"
            load = run([*client, "redis-benchmark", "-p", port, "-q", "-n", "2000", "-c", "20", "-t", "set,get"])
            assert load.stdout.count("requests per second") == 2
            run([*ask, "shutdown", "nosave"])
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()


@pytest.mark.parametrize("way", WAYS)
def test_curl(way, tmp_path):
    needs("curl")
    contents = os.urandom(3_000_000)
    (tmp_path / "large").write_bytes(contents)
    port = str(free_port())
    command = [sys.executable, "-m", "http.server", port, "--bind", "127.0.0.1", "--directory", str(tmp_path)]
    with subprocess.Popen([*started_with(way, tmp_path), *command], stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(int(port), server)
            fetch = ["curl", "--silent", "--show-error", "--fail", f"http://127.0.0.1:{port}/large"]
            fetched = subprocess.run(
                [*started_with(way, tmp_path), *fetch], capture_output=True, timeout=60, check=True
            )
            assert fetched.stdout == contents
        finally:
            server.terminate()


def run(command):
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)

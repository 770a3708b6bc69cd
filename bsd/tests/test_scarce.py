"""When something runs out, the program does not notice, and the trace says what it lacks."""

import json
import os
import shutil
import subprocess

import pytest
from conftest import needs_glibc, run


def records(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{") and line.endswith("}")]


def last(text):
    return records(text)[-1]


def test_a_full_table_of_descriptors_takes_nothing_from_the_trace(same_anyhow, compiled):
    _, (text,) = same_anyhow(compiled("scarce"), "full-table")
    assert not [record for record in records(text) if record.get("event") in ("lost", "ended")]
    assert last(text)["event"] == "exit"


def test_no_descriptor_from_the_beginning(same_anyhow, compiled):
    _, (text,) = same_anyhow(compiled("scarce"), "few-descriptors")
    (lost,) = [record for record in records(text) if record.get("event") == "lost"]
    assert lost["records"] >= 101
    assert last(text)["event"] == "exit"


@pytest.mark.parametrize("way", ["no-memory", "never-memory"])
def test_no_memory(way, same_anyhow, compiled):
    same_anyhow(compiled("scarce"), way)


@needs_glibc
def test_malloc_that_fails(same_anyhow, compiled):
    failing = compiled("failing", "-shared", "-fPIC")
    finished, _ = same_anyhow(compiled("scarce"), "failing-malloc", env={"LD_PRELOAD": str(failing)})
    assert "sockets, 600 calls" in finished.stdout


@pytest.mark.parametrize("way", ["small-files", "no-files"])
def test_a_limit_of_files_does_not_end_the_program(way, same_anyhow, compiled):
    _, texts = same_anyhow(compiled("scarce"), way)
    if way == "small-files":
        assert last(texts[0])["event"] == "ended"
        assert last(texts[0])["error"] == "EFBIG"


@pytest.mark.parametrize("way", ["vanished", "vanished-before", "replaced", "chroot", "setuid"])
def test_a_folder_that_can_not_be_used_any_more(way, same_anyhow, compiled):
    _, texts = same_anyhow(compiled("scarce"), way)
    if way == "replaced":
        assert texts == ["precious\n"]


def test_a_full_disk(layer, compiled, tmp_path):
    """In a file system of 300 KiB, mounted in a separate namespace."""
    program, small = compiled("scarce"), tmp_path / "small"
    small.mkdir()
    unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    if not shutil.which("unshare") or subprocess.run([*unshare, "true"], check=False).returncode:
        pytest.skip("needs name spaces (unshare)")
    commands = f"""mount -t tmpfs -o size=300k none {small} && {layer.runner} --trace {small}/trace {program} full-disk
        && df --output=avail {small} | tail -1 && cat {small}/trace/*"""
    finished = run(*unshare, "sh", "-c", commands.replace("\n", " "))
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith("5000 of 5000\n")
    assert last(finished.stdout)["event"] == "ended"
    assert last(finished.stdout)["error"] == "ENOSPC"


def test_what_is_kept_of_sockets_does_not_grow(layer, compiled):
    finished = layer.run(compiled("scarce"), "many-sockets", "10000", options=("--trace", layer.folder / "trace"))
    assert finished.stdout == "10000 closed, bounded\n"

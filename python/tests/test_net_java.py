"""The same programs print the same on java.net and on polysock.net, except for what java/differences.toml lists.

Without a JDK, what JDK 17 printed (java/expected.txt) stands in for it.
"""

import importlib
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from helpers import LOCALHOST, localhost_is_known, needs_ipv6, note_skipped, own_name_is_known

HERE = Path(__file__).parent / "java"
PROGRAMS = ["History", "Closing", "Timeouts", "Options", "Streams", "Scanning", "Addresses", "Datagrams"]
TEST_TIMEOUT = 50
# Steps that depend on the machine: its name tables, limits and resolver. A JDK elsewhere prints something else.
MACHINE = {
    "addresses.constructor.address",
    "addresses.constructor.null",
    "addresses.dual.localhost",
    "addresses.empty",
    "addresses.interface",
    "addresses.localhost",
    "addresses.null",
    "addresses.reverse",
    "addresses.socket.localhost",
    "addresses.unknown",
    "datagrams.unbound.buffers",
    "options.sendBuffer.small",
}
# Steps that connect to addresses of this machine: java.net looks its name up first, which may be unknown.
OWN_NAME = {"addresses.dual.0.0.0.0", "addresses.dual.__"}
BY_LOCALHOST = {"addresses.equal", "addresses.localhost.name", "addresses.socket.equal"}
needs_jdk = pytest.mark.skipif(
    not (shutil.which("java") and shutil.which("javac")), reason="needs a JDK: java and javac"
)


def steps(text):
    """What each step printed, by the name of the step."""
    pairs = [line.split(": ", 1) for line in text.splitlines()]
    found = dict(pairs)
    assert len(found) == len(pairs), "two steps have one name"
    return found


@pytest.fixture(scope="module")
def ours():
    twin = importlib.import_module("java.twin")
    twin.lines.clear()
    for name in PROGRAMS:
        twin.program = name.lower()
        importlib.import_module(f"java.{twin.program}").run()
    return steps("\n".join(twin.lines))


@pytest.fixture(scope="module")
def java(tmp_path_factory):
    """What the programs print on java.net, and the version of the JDK."""
    classes = tmp_path_factory.mktemp("classes")
    sources = sorted(str(source) for source in HERE.glob("*.java"))
    compile_all = ["javac", "-encoding", "UTF-8", "-nowarn", "-Xlint:none", "-d", classes, *sources]
    subprocess.run(compile_all, check=True, timeout=TEST_TIMEOUT, stderr=subprocess.PIPE)
    utf8 = ["-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8"]
    run_all = ["java", "-XX:TieredStopAtLevel=1", *utf8, "-cp", classes, "Main", *PROGRAMS]
    printed = subprocess.run(run_all, check=True, timeout=TEST_TIMEOUT, stdout=subprocess.PIPE).stdout.decode()
    version = subprocess.run(
        ["javac", "-version"], check=True, timeout=TEST_TIMEOUT, capture_output=True, text=True
    ).stdout
    return steps(printed), int(re.search(r"\d+", version).group())


def differences(version):
    """The listed differences that apply to a version of the JDK."""
    listed = tomllib.loads((HERE / "differences.toml").read_text())
    assert all(entry["reason"] and entry["java"] != entry["polysock"] for entry in listed.values())
    return {
        step: entry
        for step, entry in listed.items()
        if entry.get("since", version) <= version <= entry.get("until", version)
    }


def left_out(needs, there, steps):
    if there:
        return set()
    note_skipped(" ".join(sorted(steps)), needs)
    return steps


def compare(ours, theirs, listed, without=frozenset()):
    assert ours.keys() == theirs.keys()
    assert listed.keys() <= ours.keys()
    wrong = []
    for step, printed in theirs.items():
        if step in without:
            continue
        entry = listed.get(step, {"java": printed, "polysock": printed})
        if (printed, ours[step]) != (entry["java"], entry["polysock"]):
            seen = f"  java.net     {printed}\n  polysock.net {ours[step]}"
            wrong.append(f"{step}\n{seen}\n  listed       {listed.get(step)}")
    assert not wrong, "\n".join(["", *wrong])


@needs_jdk
@needs_ipv6
def test_java_net_prints_the_same(ours, java):
    printed, version = java
    assert len(printed) > 400
    compare(ours, printed, differences(version), left_out("the name of this machine", own_name_is_known(), OWN_NAME))


@needs_ipv6
def test_what_java_net_printed(ours):
    unknown = left_out(LOCALHOST, localhost_is_known, BY_LOCALHOST)
    compare(ours, steps((HERE / "expected.txt").read_text()), differences(17), MACHINE | unknown)

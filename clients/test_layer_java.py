"""Java over the layer below unchanged programs: our tutorials in Java, its kinds of sockets, and our scenarios."""

import dataclasses
import re
import shutil
import subprocess
import sys

import pytest
from harness.findings import play_all
from harness.plays import java_plays_of
from harness.tutorial import EXAMPLES, load
from layered import ROOT, comparison  # noqa: F401

JAVA = ["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8"]
TUTORIALS = sorted({path.parent for path in EXAMPLES.glob("*/*.java")})
SECONDS = 300
# What the virtual machine may do by itself: it keeps a socket for closing others, and it ends a stream before it closes
# the socket, so that an answer to that may arrive before the close.
BY_ITSELF = {"leaked", "reset-by-unread"}

pytestmark = pytest.mark.skipif(not shutil.which("javac"), reason="needs a JDK")


@pytest.mark.parametrize("folder", TUTORIALS, ids=lambda folder: folder.name)
def test_tutorial(comparison, folder):  # noqa: F811
    tutorial = load(folder)

    def judge(way):
        plays = {}
        for number, play in enumerate(java_plays_of(tutorial)):
            # Not those of Python, whose calls polysock records itself.
            if way.name != "recorded" or set(play.languages) == {"jdk"}:
                played = dataclasses.replace(tutorial, environment=way.environment)
                plays[way.folder / play.title] = java_plays_of(played)[number]
        faults = play_all(plays)
        assert faults == []
        return {"java": "as test.toml says"}

    only_a_client = not any(folder.glob("[!C]*.java"))
    # Not all at once: a play is several virtual machines.
    _, findings = comparison.of(judge, traced=not only_a_client, at_once=False)
    assert only_a_client or set(findings) - BY_ITSELF == set(tutorial.test.get("findings", {}))


def test_java_sockets(comparison):  # noqa: F811
    classes = ROOT / "build" / "clients" / "java"

    def judge(way):
        return dict(line.split(": ", 1) for line in way.output(*JAVA, "-cp", classes, "JavaSockets").splitlines())

    found, _ = comparison.of(judge)
    assert found == {
        "objects": "Question[number=2, words=[two]], served",
        "eight clients at once": "300000 " * 8 + "true",
        "a close that ends an accept": "java.net.SocketException: Socket closed",
        "a close that ends a read": "java.net.SocketException: Socket closed, the peer reads -1",
        "a read with a limit": "Read timed out",
        "nothing listens": "Connection refused",
        "a selector": "20 answers, all served",
        "a wakeup of a selector": "0 ready",
        "a channel's thread interrupted": "interrupted, closed, the peer reads -1",
        "datagrams of a channel": "1000 bytes from the sender, 30 back",
        "a Unix socket": "over a path",
        "asynchronous": "5 bytes, later",
        "a file sent": "500000 sent, 500000 received",
        "HTTP": "200 1 200 100000",
    }


def test_java_scenarios(comparison):  # noqa: F811
    """Every scenario that java.net can play, with the steps that it takes."""
    classes = ROOT / "build" / "conformance" / "java"

    def judge(way):
        driver = " ".join(way.command(*JAVA, "-cp", classes, "Driver"))
        command = [sys.executable, ROOT / "conformance" / "run.py", "--verbose", "--witness", f"jdk={driver}"]
        printed = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False).stdout
        found, scenario, asked = {}, None, {}
        for line in printed.splitlines():
            if outcome := re.fullmatch(r"(\w+) (\S+/\S+) jdk-jdk \d+ ms", line):
                scenario = outcome[2]
                found[scenario] = outcome[1]
            elif step := re.fullmatch(r"  (server|client) +([<>]) (ok|error \w+|unsupported)?(.*)", line):
                role, direction, answer, request = step.groups()
                if direction == ">":
                    # Ports differ, and some steps are repeated until something has happened.
                    asked[role] = re.sub(r"\d+", "N", request)
                else:
                    found[f"{scenario}: {role} {asked[role]}"] = answer
        return found

    found, _ = comparison.of(judge)
    assert list(found.values()).count("passed") > 90
    assert "failed" not in found.values()

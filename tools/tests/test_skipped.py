"""The list of skipped tests at the end of `make test`: what pytest notes is what skipped.sh shows."""

import os
import subprocess
import sys
from pathlib import Path

TOOLS = Path(__file__).parents[1]


def test_skipped_tests_are_listed_by_what_they_need(tmp_path):
    tests = tmp_path / "test_some.py"
    tests.write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('path', ['a/b'])\n"
        "def test_one(path): pytest.skip('needs strace')\n"
        "@pytest.mark.skipif(True, reason='needs strace')\n"
        "def test_two(): pass\n"
        "def test_three(): pass\n"
        "@pytest.mark.xfail\n"
        "def test_four(): assert False\n"
    )
    environment = os.environ | {"POLYSOCK_SKIPPED": str(tmp_path / "notes"), "PYTHONPATH": str(TOOLS)}
    command = [sys.executable, "-m", "pytest", "-p", "note_skipped", "-p", "no:cacheprovider", str(tests)]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=60, cwd=tmp_path)
    script = ["sh", TOOLS / "skipped.sh"]
    subprocess.run([*script, "a shell test", "cmake"], env=environment, check=True, capture_output=True)
    shown = subprocess.run(script, env=environment, check=True, capture_output=True, text=True).stdout
    assert shown.splitlines()[1:] == [
        "  needs cmake:",
        "      a shell test",
        "  needs strace:",
        "      test_some.py::test_one[a/b]",
        "      test_some.py::test_two",
    ]

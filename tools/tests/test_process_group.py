"""tools/process_group.py: programs end with everything that they started."""

import subprocess
import sys
import time

import process_group
import pytest


def ends(group):
    """Whether a killed group goes away: its orphans are reaped by another process."""
    deadline = time.monotonic() + 20
    while process_group.has_processes(group) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not process_group.has_processes(group)


def test_what_a_program_printed_and_how_it_ended():
    ended = process_group.run([sys.executable, "-c", "import sys; print('out'); sys.exit('error')"], 20)
    assert (ended.returncode, sorted(ended.stdout.split())) == (1, ["error", "out"])


def test_a_child_left_behind_is_killed():
    code = "import os, subprocess; subprocess.Popen(['sleep', '99'], stdout=-3, stderr=-3); print(os.getpgrp())"
    ended = process_group.run([sys.executable, "-c", code], 20)
    assert ended.returncode == 0
    assert ends(int(ended.stdout))


def test_a_program_that_does_not_end():
    with pytest.raises(subprocess.TimeoutExpired) as caught:
        process_group.run(["sh", "-c", "echo $$; sleep 99 & wait"], 3)
    assert ends(int(caught.value.output))

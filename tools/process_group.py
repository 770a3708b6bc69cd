"""Programs with everything that they start: a process group of their own, which is killed whole."""

import contextlib
import os
import signal
import subprocess


def run(command, timeout, **options):
    """Runs a command to its end, then kills what it left behind. Returns the ended process with what it printed.

    Raises `subprocess.TimeoutExpired`, with what was printed until then.
    """
    command = [str(argument) for argument in command]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        **options,
    )
    try:
        printed, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        kill(process.pid)
        raise subprocess.TimeoutExpired(command, timeout, process.communicate()[0]) from None
    finally:
        kill(process.pid)
    return subprocess.CompletedProcess(command, process.returncode, printed)


def kill(group):
    """Kills every process of a group; it may have none any more."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def has_processes(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True

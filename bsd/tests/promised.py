"""Scenarios of a program: without --safe it shows the trap, and with it that the promise is kept."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

from conftest import run

KILLED = -signal.SIGPIPE
WAYS = {"as-it-is": (), "safe": ("--safe",), "safe-and-recorded": ("--safe", "--trace")}


def ids(scenarios):
    return ["-".join(arguments) for arguments, _, _ in scenarios]


def play(program, scenarios, built_layer, folder):
    """All scenarios in all ways, side by side since they mostly wait: {(arguments, way): the finished process}"""

    def play_one(task):
        arguments, way = task
        options = WAYS[way]
        if "--trace" in options:
            options = (*options, folder / "-".join(arguments))
        # With the promise there is no reason to be impatient.
        environment = {"PATIENT": "1"} if "--safe" in options else {}
        return run(built_layer, *options, program, *arguments, env=environment)

    tasks = [(arguments, way) for arguments, _, _ in scenarios for way in WAYS]
    with ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as threads:
        return dict(zip(tasks, threads.map(play_one, tasks), strict=True))


def check(played, arguments, trap, kept):
    """`trap`: what it prints without the promises, or how it is killed; None: anything but what it prints with them."""
    for way in ("safe", "safe-and-recorded"):
        safe = played[arguments, way]
        assert (safe.stdout.splitlines(), safe.stderr, safe.returncode) == (kept, "", 0)
    as_it_is = played[arguments, "as-it-is"]
    if trap == KILLED:
        assert (as_it_is.stdout, as_it_is.returncode) == ("", KILLED)
    elif trap is None:
        assert as_it_is.stdout.splitlines() != kept
    else:
        assert (as_it_is.stdout.splitlines(), as_it_is.returncode) == (trap, 0)

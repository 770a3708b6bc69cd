"""What --safe promises; without it the same program shows the trap."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import run

SENDS = ["send", "sendto", "sendmsg", "sendmmsg", "write", "writev", "sendfile", "splice", "fclose"]
RECEIVES = ["recv", "recvfrom", "recvmsg", "recvmmsg", "read", "readv", "splice"]
WAITS = [*RECEIVES, "send", "sendmmsg", "write", "sendfile", "accept", "connect"]
KILLED = -signal.SIGPIPE


def sigpipe(call):
    return ("sigpipe", call), KILLED, ["-1 EPIPE", "pipe: killed"]


def close_wakes(call):
    def ended(result):
        results = [result] * (1 if call == "connect" else 3)
        return ["close: 0", "again: -1 EBADF", *results, "the number is free: 1"]

    return ("close-wakes", call), ended("waits"), ended("-1 EBADF")


def never_early(call):
    lines = ["early: none, -1 EAGAIN"]
    return ("never-early", call), lines, lines


def one_limit(how, *more):
    def ended(when):
        return [*more, f"early 0, a part 1, {when}"]

    return ("one-limit", how), ended("far too late"), ended("in time")


CONVERSATION_IN_A_FORK = ["from the child: 5", "waits", "write: 5", "5"]
SIGNALS_IN_LIMITS = [
    "restart 0, limit 0: -1 EINTR, 1 signals",
    "restart 0, limit 1: -1 EINTR, 1 signals",
    "restart 1, limit 0: 4, 1 signals",
    "restart 1, limit 1: -1 EINTR, 1 signals",
]

# The program's arguments, what it prints without the promises (or how it is killed), and with them.
SCENARIOS = [
    *map(sigpipe, SENDS),
    *map(close_wakes, WAITS),
    (
        ("close-wakes-blocked",),
        ["close: 0", "again: -1 EBADF", "waits", "waits", "waits", "the number is free: 1", "SIGTERM blocked 1"],
        ["close: 0", "again: -1 EBADF", *["-1 EBADF"] * 3, "the number is free: 1", "SIGTERM blocked 1"],
    ),
    (
        ("close-wakes-without-descriptors",),
        ["close: 0", "waits", "the number is free: 1"],
        ["close: 0", "-1 EBADF", "the number is free: 1"],
    ),
    (
        ("duplicate-over",),
        ["dup2: 1", "waits", "write: 1", "wrong: -1 EBADF", "write: 1"],
        ["dup2: 1", "-1 EBADF", "write: 1", "wrong: -1 EBADF", "write: 1"],
    ),
    (("duplicate-stays",), ["close: 0", "write: 5", "5"], ["close: 0", "write: 5", "5"]),
    (
        ("reuse",),
        ["used again: 1", "the thread: 6", "the pipe: -1 EAGAIN"],
        ["used again: 1", "the thread: -1 EBADF", "the pipe: 6"],
    ),
    (("reuse-soak",), None, ["wrong results 0, bytes in the file 0"]),
    *map(never_early, ["recv", "recvmmsg", "read", "splice", "send", "sendmmsg", "sendfile", "accept"]),
    *map(one_limit, ["", "wide", "recvmmsg"]),
    one_limit("sendfile", "the file stands where the data end: 1"),
    (("signals-in-limits",), SIGNALS_IN_LIMITS, SIGNALS_IN_LIMITS),
    (("data-in-time",), ["all: 15", "rest: 3", "end: 0"], ["all: 15", "rest: 3", "end: 0"]),
    (
        ("handler",),
        [
            "the interrupted call: -1 EBADF",
            "sent: 16",
            "the number is free: 1",
            "another thread's call: waits",
        ],
        [
            "the interrupted call: -1 EBADF",
            "sent: 16",
            "the number is free: 1",
            "another thread's call: -1 EBADF",
        ],
    ),
    (("handler-storm",), ["signals 1, moved 1"], ["signals 1, moved 1"]),
    (("longjmp",), ["free at once: 30 of 30"], ["free at once: 30 of 30"]),
    (("cancelled",), ["free at once: 10 of 10"], ["free at once: 10 of 10"]),
    (
        ("forked",),
        ["in the child: 1, waits", *CONVERSATION_IN_A_FORK],
        ["in the child: 1, -1 EBADF", *CONVERSATION_IN_A_FORK],
    ),
]
WAYS = {"as-it-is": (), "safe": ("--safe",), "safe-and-recorded": ("--safe", "--trace")}


@pytest.fixture(scope="module")
def played(compiled, built_layer, tmp_path_factory):
    """All scenarios in all ways, side by side since they mostly wait: {(arguments, way): the finished process}"""
    program = compiled("promises")
    folder = tmp_path_factory.mktemp("promises")

    def play(task):
        arguments, way = task
        options = WAYS[way]
        if "--trace" in options:
            options = (*options, folder / "-".join(arguments))
        # With the promise there is no reason to be impatient.
        environment = {"PATIENT": "1"} if "--safe" in options else {}
        return run(built_layer, *options, program, *arguments, env=environment)

    tasks = [(arguments, way) for arguments, _, _ in SCENARIOS for way in WAYS]
    with ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as threads:
        return dict(zip(tasks, threads.map(play, tasks), strict=True))


@pytest.mark.parametrize(("arguments", "trap", "kept"), SCENARIOS, ids=["-".join(one[0]) for one in SCENARIOS])
def test_a_promise_is_kept(arguments, trap, kept, played):
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


def test_everything_else_is_as_the_system_has_it(layer, compiled):
    """The program with every call, except for what it does with SIGPIPE."""

    def others(text):
        lines = text.splitlines()
        first = next(number for number, line in enumerate(lines) if line.startswith(("way 0", "way == 3")))
        last = next(number for number, line in enumerate(lines) if line.startswith("way 3"))
        return lines[:first] + lines[last:]

    program = compiled("calls")
    without = run(program)
    safe = layer.run(program, options=("--safe",))
    assert safe.returncode == without.returncode
    assert others(safe.stdout) == others(without.stdout)


def test_the_environment_decides(layer, compiled):
    program = compiled("promises")
    preloaded = {"LD_PRELOAD": str(layer.library)}
    assert run(program, "sigpipe", "send", env={**preloaded, "POLYSOCK_SAFE": "1"}).returncode == 0
    assert run(program, "sigpipe", "send", env={**preloaded, "POLYSOCK_SAFE": "0"}).returncode == KILLED
    assert run(program, "sigpipe", "send", env=preloaded).returncode == KILLED

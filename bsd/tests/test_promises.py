"""What --safe promises; without it the same program shows the trap."""

import pytest
from conftest import run
from promised import KILLED, check, ids, play

SENDS = ["send", "sendto", "sendmsg", "sendmmsg", "write", "writev", "sendfile", "splice", "fclose"]
RECEIVES = ["recv", "recvfrom", "recvmsg", "recvmmsg", "read", "readv", "splice"]
WAITS = [*RECEIVES, "send", "sendmmsg", "write", "sendfile", "accept", "connect"]


def sigpipe(call):
    return ("sigpipe", call), KILLED, ["-1 EPIPE", "pipe: killed"]


def close_wakes(call):
    def ended(result):
        results = [result] * (1 if call == "connect" else 3)
        return ["close: 0", "again: -1 EBADF", *results, "the number is free: 1"]

    return ("close-wakes", call), ended("waits"), ended("-1 EBADF")


CONVERSATION_IN_A_FORK = ["from the child: 5", "waits", "write: 5", "5"]
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


@pytest.fixture(scope="module")
def played(compiled, built_layer, tmp_path_factory):
    return play(compiled("promises"), SCENARIOS, built_layer, tmp_path_factory.mktemp("promises"))


@pytest.mark.parametrize(("arguments", "trap", "kept"), SCENARIOS, ids=ids(SCENARIOS))
def test_a_promise_is_kept(arguments, trap, kept, played):
    check(played, arguments, trap, kept)


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

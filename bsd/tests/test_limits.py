"""Time limits of sockets with --safe; without it the same program shows the trap."""

import pytest
from promised import check, ids, play


def never_early(call):
    lines = ["early: none, -1 EAGAIN"]
    return ("never-early", call), lines, lines


def one_limit(how, *more):
    def ended(when):
        return [*more, f"early 0, a part 1, {when}"]

    return ("one-limit", how), ended("far too late"), ended("in time")


def beside_reports(call):
    lines = ["over, asleep: yes" if call == "send" else "-1 EAGAIN, asleep: yes"]
    return ("beside-reports", call), lines, lines


SIGNALS_IN_LIMITS = [
    "restart 0, limit 0: -1 EINTR, 1 signals",
    "restart 0, limit 1: -1 EINTR, 1 signals",
    "restart 1, limit 0: 4, 1 signals",
    "restart 1, limit 1: -1 EINTR, 1 signals",
]

# The program's arguments, what it prints without the promises, and with them.
SCENARIOS = [
    *map(never_early, ["recv", "recvmmsg", "read", "splice", "send", "sendmmsg", "sendfile", "accept"]),
    *map(one_limit, ["", "wide", "recvmmsg"]),
    one_limit("sendfile", "the file stands where the data end: 1"),
    one_limit("sendfile-offset", "the offset is where the data end: 1"),
    *map(beside_reports, ["recv", "recvmmsg", "read", "send"]),
    (("signals-in-limits",), SIGNALS_IN_LIMITS, SIGNALS_IN_LIMITS),
    (("data-in-time",), ["all: 15", "rest: 3", "end: 0"], ["all: 15", "rest: 3", "end: 0"]),
]


@pytest.fixture(scope="module")
def played(compiled, built_layer, tmp_path_factory):
    return play(compiled("limits"), SCENARIOS, built_layer, tmp_path_factory.mktemp("limits"))


@pytest.mark.parametrize(("arguments", "trap", "kept"), SCENARIOS, ids=ids(SCENARIOS))
def test_a_limit_is_kept(arguments, trap, kept, played):
    check(played, arguments, trap, kept)

"""tools/rust_tests.py on what cargo prints: what counts as run, and what makes it fail."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
import rust_tests

LINES = """\
     Running unittests src/lib.rs (target/debug/deps/polysock-1)

running 2 tests
test one ... ok
test two ... ignored, only epoll has edges
test result: ok. 1 passed; 0 failed; 1 ignored
     Running tests/behaviour/main.rs (target/debug/deps/behaviour-1)
running 4 tests
test calls::a_program ... ignored, a program of the tests above
test calls::fails ... FAILED
test calls::passes ... ok
skipped: calls::asks: needs strace
test calls::asks ... ok
     Running tests/burst.rs (target/debug/deps/burst-1)
1000 connections at once
error: 1 target failed:
    `-p polysock --test behaviour`
"""


def run(lines, known=None):
    outcome = rust_tests.Outcome()
    shown = [line for line in lines.splitlines() if outcome.read(line)]
    outcome.end()
    return shown, list(outcome.summary(known or {})), outcome.good


def test_what_ran_is_counted_and_the_rest_has_reasons():
    shown, summary, good = run(LINES)
    assert "test calls::fails ... FAILED" in shown
    assert "test one ... ok" not in shown
    assert summary == [
        "ran 4 of 6 tests: 1 failed",
        "     1 left out: only epoll has edges",
        "     1 left out: needs strace",
        "  failed: behaviour calls::fails",
    ]
    assert not good


def test_known_failures_are_left_out_and_must_fail():
    known = {"behaviour calls::fails": "the emulator knows no TCP_INFO"}
    _, summary, good = run(LINES, known)
    assert good
    assert summary[0] == "ran 3 of 6 tests: 0 failed"
    assert "the emulator knows no TCP_INFO" in "".join(summary)
    cured = LINES.replace("fails ... FAILED", "fails ... ok").replace("--test behaviour", "")
    _, summary, good = run(cured, known)
    assert not good
    assert summary[-1] == "  known to fail, but passed: behaviour calls::fails"
    assert run(cured, {"behaviour calls::fails": "sometimes: too slow"})[2]
    _, summary, good = run(LINES, {**known, "behaviour other": "x"})
    assert not good
    assert summary[-1] == "  known to fail, but gone: behaviour other"


@pytest.mark.parametrize("program", ["burst", "lib"])
def test_a_program_that_ends_in_the_middle_has_failed(program):
    lines = LINES.replace("FAILED", "ok").replace("--test behaviour", "--lib" if program == "lib" else "--test burst")
    _, summary, good = run(lines)
    assert not good
    assert summary[-1] == f"  failed: {program} {program}"


def test_nothing_is_not_good():
    assert not run("")[2]


def test_a_program_whose_tests_are_all_for_other_systems_is_no_test():
    """Only a program that does not say how many tests it has is one."""
    _, summary, _ = run("     Running tests/epoll.rs (x)\nrunning 0 tests\n     Running tests/burst.rs (x)\n")
    assert summary[0] == "ran 1 of 1 tests: 0 failed"


def test_the_exit_code_of_a_build_that_fails_is_seen(monkeypatch, capsys):
    script = "print('     Running tests/burst.rs (x)'); raise SystemExit(101)"
    monkeypatch.setattr(sys, "argv", ["rust_tests.py", sys.executable, "-c", script])
    with pytest.raises(SystemExit) as ended:
        rust_tests.main()
    assert ended.value.code == 1
    assert "exit code 101" in capsys.readouterr().out


def test_a_list_has_reasons(tmp_path):
    path = tmp_path / "lacks.txt"
    path.write_text("# no TCP_INFO\nbehaviour a::b\n\n# slow\nfork  c\n", encoding="utf-8")
    assert rust_tests.known_failures(path) == {"behaviour a::b": "no TCP_INFO", "fork c": "slow"}

"""Playing: answers, times, drivers that misbehave, what is known to differ, the command line."""

import contextlib
import io
import os
import pathlib
import re
from unittest import mock

import pytest

import run
from runner.known import Known
from runner.network import NoNetwork
from runner.play import FAILED, KNOWN, PASSED, SKIPPED, Pair
from runner.process import Driver
from runner.progress import Progress
from runner.scenario import Malformed

from .stage import GIVEN, HEADER, REAL_DRIVER, TWO_SCENARIOS


def test_expected_answer_passes(stage):
    assert stage.outcomes(TWO_SCENARIOS, stage.fake()) == [PASSED, PASSED]


def test_wrong_answer_fails_and_only_its_scenario(stage):
    assert stage.outcomes(TWO_SCENARIOS, stage.fake(open_fd="error MFILE ms=0")) == [FAILED, PASSED]


def test_failure_tells_step_expected_and_got(stage):
    result = stage.one("client: open_fd -> ok fd=3\n", stage.fake(open_fd="ok fd=4 ms=0"))
    assert re.search(r"area\.txt:4: client: open_fd.*\nexpected ok fd=3\ngot +ok fd=4 ms=0", result.reason)


def test_other_error_fails(stage):
    result = stage.one("client: open_fd -> error MFILE\n", stage.fake(open_fd="error NFILE ms=0"))
    assert result.outcome == FAILED


def test_answer_without_ms_fails(stage):
    assert stage.one("client: open_fd\n", stage.fake(open_fd="ok")).outcome == FAILED


def test_unsupported_fails(stage):
    assert stage.one("client: open_fd\n", stage.fake(open_fd="unsupported")).outcome == FAILED


def test_two_lines_fail(stage):
    result = stage.one("client: open_fd\n", stage.fake(open_fd="ok ms=0\nok ms=0"))
    assert result.outcome == FAILED


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("ok n=5 ms=0", PASSED), ("error PIPE ms=0", PASSED), ("ok n=4 ms=0", FAILED)],
)
def test_alternatives(stage, answer, outcome):
    result = stage.one("client: open_fd -> ok n=5 | error PIPE\n", stage.fake(open_fd=answer))
    assert result.outcome == outcome, answer


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        ("n=5", PASSED), ("n=6", FAILED), ("n!=5", FAILED), ("n!=6", PASSED), ("n<6", PASSED), ("n<5", FAILED),
        ("n<=5", PASSED), ("n<=4", FAILED), ("n>4", PASSED), ("n>5", FAILED), ("n>=5", PASSED), ("n>=6", FAILED),
        ("m=5", FAILED), ("data='hi'", PASSED), ("data='ho'", FAILED), ("data<7", FAILED),
    ],
)  # fmt: skip
def test_comparisons(stage, condition, outcome):
    result = stage.one(f"client: open_fd -> ok {condition}\n", stage.fake(open_fd="ok n=5 data=6869 ms=0"))
    assert result.outcome == outcome, condition


def test_variables_are_taken_then_compared(stage):
    steps = "client: open_fd -> ok fd=$fd\nclient: close_fd $fd\nclient: exhaust -> ok fd=$fd\n"
    for second, outcome in (("7", PASSED), ("8", FAILED)):
        rules = {"open_fd": "ok fd=7 ms=0", "close_fd 7": "ok ms=0", "exhaust": f"ok fd={second} ms=0"}
        assert stage.one(steps, stage.fake_rules(rules)).outcome == outcome


@pytest.mark.parametrize(
    ("text", "outcome"),
    [("pattern:3", PASSED), ("pattern:4", FAILED), ("pattern:3@1", FAILED)],
)
def test_hash_of_pattern(stage, text, outcome):
    # Worked out by hand for 3 bytes: 0, 1, 2.
    result = stage.one(f"client: open_fd -> ok hash={text}\n", stage.fake(open_fd="ok hash=00070004 ms=0"))
    assert result.outcome == outcome


STEP = "client: socket c inet\nclient: recv c 1 timeout=50 -> error TIMEDOUT ms>=50\n"


def test_early_timeout_fails(stage):
    assert stage.one(STEP, stage.fake_rules({"recv c 1 timeout=50": "error TIMEDOUT ms=49"})).outcome == FAILED


def test_claim_of_more_time_than_passed_fails(stage):
    result = stage.one(STEP, stage.fake_rules({"recv c 1 timeout=50": "error TIMEDOUT ms=50"}))
    assert result.outcome == FAILED
    assert "says 50 ms" in result.reason


def test_timeout_on_time_passes(stage):
    result = stage.one(STEP, stage.fake_rules({"recv c 1 timeout=50": "wait 60 error TIMEDOUT ms=50"}))
    assert result.outcome == PASSED, result.reason


def test_poll_ends(stage):
    result = stage.one("poll client: open_fd -> ok n=1\n", stage.fake(open_fd="ok n=0 ms=0"), limit=1)
    assert result.outcome == FAILED
    assert "got      ok n=0" in result.reason


def test_poll_does_not_repeat_nonsense(stage):
    result = stage.one("poll client: open_fd -> ok n=1\n", stage.fake(open_fd="unsupported"), limit=60)
    assert result.outcome == FAILED
    assert result.seconds < 30


def test_death_fails_only_its_scenario_and_is_reported(stage):
    results = stage.play(TWO_SCENARIOS, stage.fake(open_fd="die"))
    assert [r.outcome for r in results] == [FAILED, PASSED]
    assert re.search(r"b as client died, exit code 1:\nthe last words", results[0].reason)


def test_hang_fails_only_its_scenario(stage):
    results = stage.play(TWO_SCENARIOS, stage.fake(open_fd="hang"), limit=2)
    assert [r.outcome for r in results] == [FAILED, PASSED]
    assert "hangs" in results[0].reason


def test_driver_that_does_not_exist(stage):
    result = stage.one("client: open_fd\n", "/nonexistent/driver")
    assert result.outcome == FAILED
    assert "does not start" in result.reason


def test_what_a_driver_lacks_is_not_asked_of_it(stage):
    lacking = stage.fake(hello="ok caps=- lacks=descriptor,peek ms=0", open_fd="die")
    peek = HEADER + "server: socket s inet\nserver: recv s 1 peek\n"
    assert stage.outcomes(TWO_SCENARIOS, lacking) == [SKIPPED, SKIPPED]
    assert stage.outcomes(peek, lacking) == [PASSED]  # it is the other one that peeks
    assert stage.play(peek, stage.fake(), server=lacking)[0].reason == "a driver lacks peek"


def test_feature_of_a_whole_scenario(stage):
    lacking = stage.fake(hello="ok caps=- lacks=send_timeout ms=0")
    assert stage.outcomes(HEADER + "needs: send_timeout\nserver: open_fd\n", lacking) == [SKIPPED]


def test_unknown_lack_fails(stage):
    result = stage.one("client: open_fd\n", stage.fake(hello="ok caps=- lacks=sockets ms=0"))
    assert (result.outcome, "lacks what no scenario knows: sockets" in result.reason) == (FAILED, True)


def test_bad_hello(stage):
    assert stage.one("client: open_fd\n", stage.fake(hello="ok lang=x ms=0")).outcome == FAILED


@pytest.mark.parametrize(
    "answer",
    ["error PENDING ms=0", "later error PENDING ms=0"],
)
def test_failing_reset_fails(stage, answer):
    assert stage.one("client: open_fd\n", stage.fake(reset=answer)).outcome == FAILED, answer


def test_leak_fails_only_its_scenario(stage):
    results = stage.play(TWO_SCENARIOS, stage.fake(open_fd="leak"))
    assert [r.outcome for r in results] == [FAILED, PASSED]
    assert "1 /dev/null too many" in results[0].reason


def test_leak_in_server_is_seen_too(stage):
    results = stage.play(HEADER + "server: open_fd\n", stage.fake(), server=stage.fake(open_fd="leak"))
    assert "a as server leaks" in results[0].reason


def test_lost_descriptor_fails(stage):
    result = stage.one("client: open_fd\n", stage.fake(open_fd="lose"))
    assert result.outcome == FAILED
    assert "missing" in result.reason


def test_what_a_runtime_reads_about_its_machine_is_no_leak(monkeypatch):
    targets = {"3": "socket:[7]", "4": "/sys/fs/cgroup/memory/memory.stat", "5": "/proc/self/status"}
    monkeypatch.setattr(os, "listdir", lambda _: list(targets))
    monkeypatch.setattr(os, "readlink", lambda path: targets[path.rpartition("/")[2]])
    driver = Driver.__new__(Driver)
    driver.process = mock.Mock(pid=1)
    assert driver.descriptors() == {"socket": 1, "/proc/self/status": 1}


def test_missing_capability_skips(stage):
    text = HEADER + "needs: abort\nclient: socket c inet\nclient: abort c\n"
    assert stage.outcomes(text, stage.fake()) == [SKIPPED]
    hello = "ok lang=fake caps=abort ms=0"
    assert stage.outcomes(text, stage.fake(hello=hello)) == [SKIPPED], "the server lacks it"
    assert stage.outcomes(text, stage.fake(hello=hello), server=stage.fake(hello=hello)) == [PASSED]


def test_waiting_call_is_seen(stage):
    text = "given: connection\nclient: start r recv c 1\nblocked client: r\nserver: send s 'x'\nclient: join r -> ok data='x'\n"
    result = stage.one(text, REAL_DRIVER, server=REAL_DRIVER, given=GIVEN)
    assert result.outcome == PASSED, result.reason


def test_call_that_does_not_wait_is_seen(stage):
    text = "given: connection\nclient: start r recv c 1 timeout=0\nblocked client: r\n"
    result = stage.one(text, REAL_DRIVER, server=REAL_DRIVER, given=GIVEN)
    assert result.outcome == FAILED
    assert "did not wait" in result.reason


def test_waiting_elsewhere_is_not_blocked(stage):
    # `join` waits for a thread, not for a socket.
    text = """\
        given: connection
        client: start r recv c 1
        client: start j join r limit=60000
        blocked client: j
        """
    result = stage.one(text, REAL_DRIVER, server=REAL_DRIVER, given=GIVEN, limit=2)
    assert result.outcome == FAILED
    assert "not blocked in a socket call" in result.reason


@pytest.mark.parametrize("error", [PermissionError, FileNotFoundError])
def test_a_system_call_that_is_not_reported(stage, monkeypatch, error):
    """Another user's process, or a kernel without this file: that the thread sleeps on is all there is to see."""
    waits = "given: connection\nclient: start r recv c 1\nblocked client: r\nserver: send s 'x'\nclient: join r -> ok data='x'\n"
    returns = "given: connection\nclient: start r recv c 1 timeout=0\nblocked client: r\n"
    thread_file = Driver.thread_file

    def keep_back(driver, tid, name):
        if name == "syscall":
            raise error(name)
        return thread_file(driver, tid, name)

    monkeypatch.setattr(Driver, "thread_file", keep_back)
    result = stage.one(waits, REAL_DRIVER, server=REAL_DRIVER, given=GIVEN)
    assert result.outcome == PASSED, result.reason
    result = stage.one(returns, REAL_DRIVER, server=REAL_DRIVER, given=GIVEN)
    assert result.outcome == FAILED
    assert "did not wait" in result.reason


def test_directory_is_new_each_time_and_removed(stage):
    seen = []

    class Spy(Pair):
        def step(self, step, variables, threads, capture):
            seen.append((variables["dir"], variables["unique"], os.listdir(variables["dir"])))
            pathlib.Path(variables["dir"], "left").touch()

    scenarios = stage.load(re.sub("(open_fd|exhaust)", r"\1 -> ok name=$dir/left", TWO_SCENARIOS))
    Spy(("a", stage.fake()), ("b", stage.fake()), Known("/nonexistent", scenarios, []), 5).play_all(scenarios)
    (one, first, before), (two, second, after) = seen
    assert (before, after) == ([], [])
    assert one != two
    assert first != second
    assert not os.path.exists(one)
    assert not os.path.exists(two)


@pytest.mark.parametrize(
    ("value", "outcome"),
    [("7/a", PASSED), ("7/b", FAILED)],
)
def test_value_that_begins_with_a_variable_is_compared(stage, value, outcome):
    rules = {"open_fd": "ok fd=7 ms=0", "exhaust": f"ok name={value} ms=0"}
    result = stage.one("client: open_fd -> ok fd=$fd\nclient: exhaust -> ok name=$fd/a\n", stage.fake_rules(rules))
    assert result.outcome == outcome


BAD = "error MFILE ms=0"


def test_expected_failure_is_known(stage):
    assert stage.outcomes(TWO_SCENARIOS, stage.fake(open_fd=BAD), known="b one because\n") == [KNOWN, PASSED]


def test_unexpected_pass_fails(stage):
    result = stage.play(TWO_SCENARIOS, stage.fake(), known="b one because\n")[0]
    assert result.outcome == FAILED
    assert "known.txt:1 says it fails: because" in result.reason


def test_role(stage):
    broken = stage.fake(open_fd=BAD)
    assert stage.outcomes(TWO_SCENARIOS, broken, known="b/client one because\n") == [KNOWN, PASSED]
    assert stage.outcomes(TWO_SCENARIOS, broken, known="b/server one because\n") == [FAILED, PASSED]
    assert stage.outcomes(TWO_SCENARIOS, broken, known="a/client one because\n") == [FAILED, PASSED]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("b three because\n", "known.txt:1: no scenario called three"),
        ("# fine\nz one because\n", "known.txt:2: no driver called z"),
        ("b one\n", "known.txt:1: expected"),
        ("b/left one because\n", "known.txt:1: no role called left"),
    ],
)
def test_bad_entries_are_refused(stage, text, message):
    with pytest.raises(Malformed) as caught:
        stage.play(TWO_SCENARIOS, stage.fake(), known=text)
    assert message in str(caught.value)


def test_declared_driver_need_not_take_part(stage):
    assert stage.outcomes(TWO_SCENARIOS, stage.fake(), known="drivers: z\nz one because\n") == [PASSED, PASSED]


def run_main(stage, *arguments):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = run.main(["--scenarios", str(stage.directory / "scenarios"), "--known", str(stage.directory / "none"), *arguments])
    return code, out.getvalue()


def test_all_pairs_and_last_line(stage):
    stage.load(TWO_SCENARIOS)
    code, text = run_main(stage, "--driver", "a=" + stage.fake(), "--driver", "b=" + stage.fake(), "--witness", "w=" + stage.fake())
    assert (code, text.splitlines()[-1]) == (0, "10 passed, 0 failed, 0 skipped")
    assert len(re.findall(r"^(?:[ab] +[ab]|w +w) +2 ", text, re.M)) == 5


def test_names_are_taken_once(stage):
    stage.load(TWO_SCENARIOS)
    for second in ("--driver", "--witness"):
        assert run_main(stage, "--driver", "a=" + stage.fake(), second, "a=" + stage.fake())[0] == 2, second


def test_failure_sets_exit_code(stage):
    stage.load(TWO_SCENARIOS)
    code, text = run_main(stage, "--driver", "a=" + stage.fake(open_fd="error MFILE ms=0"))
    assert (code, text.splitlines()[-1]) == (1, "1 passed, 1 failed, 0 skipped")
    assert "FAILED area/one  server a, client a" in text


def test_skips_are_counted_and_shown(stage):
    stage.load(HEADER + "needs: abort\nclient: open_fd\n")
    code, text = run_main(stage, "--driver", "a=" + stage.fake())
    assert (code, text.splitlines()[-1]) == (1, "0 passed, 0 failed, 1 skipped"), "nothing was shown"
    assert "skipped: area/one: needs abort (a-a)" in text


def test_many_skips_are_one_line(stage):
    names = ("one", "two", "three", "four")
    stage.load("".join(HEADER.replace("one", name) + "wire: nothing\n\n" for name in names))
    code, text = run_main(stage, "--no-wire", "--driver", "a=" + stage.fake())
    assert (code, text.splitlines()[-1]) == (1, "0 passed, 0 failed, 4 skipped")
    assert text.splitlines()[0] == "skipped: 4 in area: no wire checks: switched off with --no-wire (a-a)"


def test_what_the_machine_lacks_is_noted(stage):
    stage.load(HEADER + "wire: nothing\n\n" + HEADER.replace("one", "two") + "needs: abort\nclient: open_fd\n")
    notes = stage.directory / "notes"
    with (
        mock.patch.dict(os.environ, POLYSOCK_SKIPPED=str(notes)),
        mock.patch("runner.play.Network", side_effect=NoNetwork("not allowed")),
    ):
        run_main(stage, "--driver", "a=" + stage.fake())
    assert notes.read_text() == "conformance: 1 plays\troot, for a network namespace and a capture\n"


def test_a_fault_of_the_runner_fails_one_scenario(stage):
    stage.load(TWO_SCENARIOS)
    steps = Pair.steps

    def fails_once(pair, scenario):
        if scenario.name == "one":
            raise PermissionError("the runner's own")
        steps(pair, scenario)

    with mock.patch.object(Pair, "steps", fails_once):
        code, text = run_main(stage, "--driver", "a=" + stage.fake())
    assert (code, text.splitlines()[-1]) == (1, "1 passed, 1 failed, 0 skipped")
    assert "the runner's own" in text


def test_progress(stage):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    result = stage.one("client: open_fd\n", stage.fake())
    for out, expected in (
        (io.StringIO(), "1 of 2 played, 0 failed\n2 of 2 played, 0 failed\n"),
        (Terminal(), "\r1 of 2 played, 0 failed\x1b[K\r2 of 2 played, 0 failed\x1b[K\r\x1b[K"),
    ):
        progress = Progress(2, out, every=0)
        progress.count(result)
        progress.count(result)
        progress.end()
        assert out.getvalue() == expected
    silent = Progress(2, io.StringIO(), every=1000)
    silent.count(result)
    assert silent.out.getvalue() == ""


def test_known_differences_count_as_skipped(stage):
    stage.load(TWO_SCENARIOS)
    (stage.directory / "none").write_text("a one because\n")
    code, text = run_main(stage, "--driver", "a=" + stage.fake(open_fd="error MFILE ms=0"))
    assert (code, text.splitlines()[-1]) == (0, "1 passed, 0 failed, 1 skipped")
    assert "known difference: area/one: because (a-a)" in text


def test_only(stage):
    stage.load(TWO_SCENARIOS)
    for pattern in ("two", "area/two", "t*", "wo"):
        assert run_main(stage, "--only", pattern, "--driver", "a=" + stage.fake())[1].splitlines()[-1] == "1 passed, 0 failed, 0 skipped"
    assert run_main(stage, "--only", "three", "--driver", "a=" + stage.fake())[0] == 2


def test_list_runs_nothing(stage):
    stage.load(TWO_SCENARIOS)
    code, text = run_main(stage, "--list", "--driver", "a=/nonexistent")
    assert (code, len(text.splitlines())) == (0, 2)


def test_malformed_and_nothing_to_play(stage):
    stage.load(TWO_SCENARIOS)
    assert run_main(stage)[0] == 2
    assert run_main(stage, "--driver", "nonsense")[0] == 2
    (stage.directory / "scenarios" / "area.txt").write_text("nonsense\n")
    code, text = run_main(stage, "--driver", "a=" + stage.fake())
    assert code == 2
    assert "area.txt:1" in text

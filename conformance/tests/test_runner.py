"""Playing: answers, times, drivers that misbehave, what is known to differ, the command line."""

import contextlib
import io
import os
import pathlib
import re
from unittest import mock

import run
from runner.known import Known
from runner.network import NoNetwork
from runner.play import FAILED, KNOWN, PASSED, SKIPPED, Pair
from runner.process import Driver
from runner.progress import Progress
from runner.scenario import Malformed

from .fake import GIVEN, HEAD, REAL, TWO, Case


class Answers(Case):
    def test_expected_answer_passes(self):
        self.assertEqual(self.outcomes(TWO, self.fake()), [PASSED, PASSED])

    def test_wrong_answer_fails_and_only_its_scenario(self):
        self.assertEqual(self.outcomes(TWO, self.fake(open_fd="error MFILE ms=0")), [FAILED, PASSED])

    def test_failure_tells_step_expected_and_got(self):
        result = self.one("client: open_fd -> ok fd=3\n", self.fake(open_fd="ok fd=4 ms=0"))
        self.assertRegex(result.reason, r"area\.txt:4: client: open_fd.*\nexpected ok fd=3\ngot +ok fd=4 ms=0")

    def test_other_error_fails(self):
        result = self.one("client: open_fd -> error MFILE\n", self.fake(open_fd="error NFILE ms=0"))
        self.assertEqual(result.outcome, FAILED)

    def test_answer_without_ms_fails(self):
        self.assertEqual(self.one("client: open_fd\n", self.fake(open_fd="ok")).outcome, FAILED)

    def test_unsupported_fails(self):
        self.assertEqual(self.one("client: open_fd\n", self.fake(open_fd="unsupported")).outcome, FAILED)

    def test_two_lines_fail(self):
        result = self.one("client: open_fd\n", self.fake(open_fd="ok ms=0\nok ms=0"))
        self.assertEqual(result.outcome, FAILED)

    def test_alternatives(self):
        for answer, outcome in (("ok n=5 ms=0", PASSED), ("error PIPE ms=0", PASSED), ("ok n=4 ms=0", FAILED)):
            result = self.one("client: open_fd -> ok n=5 | error PIPE\n", self.fake(open_fd=answer))
            self.assertEqual(result.outcome, outcome, answer)

    def test_comparisons(self):
        for condition, outcome in (
            ("n=5", PASSED), ("n=6", FAILED), ("n!=5", FAILED), ("n!=6", PASSED), ("n<6", PASSED), ("n<5", FAILED),
            ("n<=5", PASSED), ("n<=4", FAILED), ("n>4", PASSED), ("n>5", FAILED), ("n>=5", PASSED), ("n>=6", FAILED),
            ("m=5", FAILED), ("data='hi'", PASSED), ("data='ho'", FAILED), ("data<7", FAILED),
        ):  # fmt: skip
            result = self.one(f"client: open_fd -> ok {condition}\n", self.fake(open_fd="ok n=5 data=6869 ms=0"))
            self.assertEqual(result.outcome, outcome, condition)

    def test_variables_are_taken_then_compared(self):
        steps = "client: open_fd -> ok fd=$fd\nclient: close_fd $fd\nclient: exhaust -> ok fd=$fd\n"
        for second, outcome in (("7", PASSED), ("8", FAILED)):
            rules = {"open_fd": "ok fd=7 ms=0", "close_fd 7": "ok ms=0", "exhaust": f"ok fd={second} ms=0"}
            self.assertEqual(self.one(steps, self.fake_rules(rules)).outcome, outcome)

    def test_hash_of_pattern(self):
        # Worked out by hand for 3 bytes: 0, 1, 2.
        for text, outcome in (("pattern:3", PASSED), ("pattern:4", FAILED), ("pattern:3@1", FAILED)):
            result = self.one(f"client: open_fd -> ok hash={text}\n", self.fake(open_fd="ok hash=00070004 ms=0"))
            self.assertEqual(result.outcome, outcome)


class Times(Case):
    STEP = "client: socket c inet\nclient: recv c 1 timeout=50 -> error TIMEDOUT ms>=50\n"

    def test_early_timeout_fails(self):
        self.assertEqual(self.one(self.STEP, self.fake_rules({"recv c 1 timeout=50": "error TIMEDOUT ms=49"})).outcome, FAILED)

    def test_claim_of_more_time_than_passed_fails(self):
        result = self.one(self.STEP, self.fake_rules({"recv c 1 timeout=50": "error TIMEDOUT ms=50"}))
        self.assertEqual(result.outcome, FAILED)
        self.assertIn("says 50 ms", result.reason)

    def test_timeout_on_time_passes(self):
        result = self.one(self.STEP, self.fake_rules({"recv c 1 timeout=50": "wait 60 error TIMEDOUT ms=50"}))
        self.assertEqual(result.outcome, PASSED, result.reason)

    def test_poll_ends(self):
        result = self.one("poll client: open_fd -> ok n=1\n", self.fake(open_fd="ok n=0 ms=0"), limit=1)
        self.assertEqual(result.outcome, FAILED)
        self.assertIn("got      ok n=0", result.reason)

    def test_poll_does_not_repeat_nonsense(self):
        result = self.one("poll client: open_fd -> ok n=1\n", self.fake(open_fd="unsupported"), limit=60)
        self.assertEqual(result.outcome, FAILED)
        self.assertLess(result.seconds, 30)


class Drivers(Case):
    def test_death_fails_only_its_scenario_and_is_told(self):
        results = self.play(TWO, self.fake(open_fd="die"))
        self.assertEqual([r.outcome for r in results], [FAILED, PASSED])
        self.assertRegex(results[0].reason, r"b as client died, exit code 1:\nthe last words")

    def test_hang_fails_only_its_scenario(self):
        results = self.play(TWO, self.fake(open_fd="hang"), limit=2)
        self.assertEqual([r.outcome for r in results], [FAILED, PASSED])
        self.assertIn("hangs", results[0].reason)

    def test_driver_that_does_not_exist(self):
        result = self.one("client: open_fd\n", "/nonexistent/driver")
        self.assertEqual(result.outcome, FAILED)
        self.assertIn("does not start", result.reason)

    def test_what_a_driver_lacks_is_not_asked_of_it(self):
        lacking = self.fake(hello="ok caps=- lacks=descriptor,peek ms=0", open_fd="die")
        peek = HEAD + "server: socket s inet\nserver: recv s 1 peek\n"
        self.assertEqual(self.outcomes(TWO, lacking), [SKIPPED, SKIPPED])
        self.assertEqual(self.outcomes(peek, lacking), [PASSED])  # it is the other one that peeks
        self.assertEqual(self.play(peek, self.fake(), server=lacking)[0].reason, "a driver lacks peek")

    def test_feature_of_a_whole_scenario(self):
        lacking = self.fake(hello="ok caps=- lacks=send_timeout ms=0")
        self.assertEqual(self.outcomes(HEAD + "needs: send_timeout\nserver: open_fd\n", lacking), [SKIPPED])

    def test_unknown_lack_fails(self):
        result = self.one("client: open_fd\n", self.fake(hello="ok caps=- lacks=sockets ms=0"))
        self.assertEqual((result.outcome, "lacks what no scenario knows: sockets" in result.reason), (FAILED, True))

    def test_bad_hello(self):
        self.assertEqual(self.one("client: open_fd\n", self.fake(hello="ok lang=x ms=0")).outcome, FAILED)

    def test_failing_reset_fails(self):
        for answer in ("error PENDING ms=0", "later error PENDING ms=0"):
            self.assertEqual(self.one("client: open_fd\n", self.fake(reset=answer)).outcome, FAILED, answer)

    def test_leak_fails_only_its_scenario(self):
        results = self.play(TWO, self.fake(open_fd="leak"))
        self.assertEqual([r.outcome for r in results], [FAILED, PASSED])
        self.assertIn("1 /dev/null too many", results[0].reason)

    def test_leak_in_server_is_seen_too(self):
        results = self.play(HEAD + "server: open_fd\n", self.fake(), server=self.fake(open_fd="leak"))
        self.assertIn("a as server leaks", results[0].reason)

    def test_lost_descriptor_fails(self):
        result = self.one("client: open_fd\n", self.fake(open_fd="lose"))
        self.assertEqual(result.outcome, FAILED)
        self.assertIn("missing", result.reason)

    def test_missing_capability_skips(self):
        text = HEAD + "needs: abort\nclient: socket c inet\nclient: abort c\n"
        self.assertEqual(self.outcomes(text, self.fake()), [SKIPPED])
        hello = "ok lang=fake caps=abort ms=0"
        self.assertEqual(self.outcomes(text, self.fake(hello=hello)), [SKIPPED], "the server lacks it")
        self.assertEqual(self.outcomes(text, self.fake(hello=hello), server=self.fake(hello=hello)), [PASSED])


class Blocked(Case):
    def test_waiting_call_is_seen(self):
        text = "given: connection\nclient: start r recv c 1\nblocked client: r\nserver: send s 'x'\nclient: join r -> ok data='x'\n"
        result = self.one(text, REAL, server=REAL, given=GIVEN)
        self.assertEqual(result.outcome, PASSED, result.reason)

    def test_call_that_does_not_wait_is_seen(self):
        text = "given: connection\nclient: start r recv c 1 timeout=0\nblocked client: r\n"
        result = self.one(text, REAL, server=REAL, given=GIVEN)
        self.assertEqual(result.outcome, FAILED)
        self.assertIn("did not wait", result.reason)

    def test_waiting_elsewhere_is_not_blocked(self):
        # `join` waits for a thread, not for a socket.
        text = """\
            given: connection
            client: start r recv c 1
            client: start j join r limit=60000
            blocked client: j
            """
        result = self.one(text, REAL, server=REAL, given=GIVEN, limit=2)
        self.assertEqual(result.outcome, FAILED)
        self.assertIn("not blocked in a socket call", result.reason)

    def test_a_system_call_that_is_not_told(self):
        """Another user's process, or a kernel without this file: that the thread sleeps on is all there is to see."""
        waits = "given: connection\nclient: start r recv c 1\nblocked client: r\nserver: send s 'x'\nclient: join r -> ok data='x'\n"
        returns = "given: connection\nclient: start r recv c 1 timeout=0\nblocked client: r\n"
        tell = Driver.thread_file
        for error in (PermissionError, FileNotFoundError):

            def keep_back(driver, tid, name, error=error):
                if name == "syscall":
                    raise error(name)
                return tell(driver, tid, name)

            with mock.patch.object(Driver, "thread_file", keep_back):
                result = self.one(waits, REAL, server=REAL, given=GIVEN)
                self.assertEqual(result.outcome, PASSED, result.reason)
                result = self.one(returns, REAL, server=REAL, given=GIVEN)
                self.assertEqual(result.outcome, FAILED)
                self.assertIn("did not wait", result.reason)


class Provided(Case):
    """$dir and $unique."""

    def test_directory_is_new_each_time_and_removed(self):
        seen = []

        class Spy(Pair):
            def step(self, step, variables, threads, capture):
                seen.append((variables["dir"], variables["unique"], os.listdir(variables["dir"])))
                pathlib.Path(variables["dir"], "left").touch()

        scenarios = self.load(TWO)
        Spy(("a", self.fake()), ("b", self.fake()), Known("/nonexistent", scenarios, []), 5).play_all(scenarios)
        (one, first, before), (two, second, after) = seen
        self.assertEqual((before, after), ([], []))
        self.assertNotEqual(one, two)
        self.assertNotEqual(first, second)
        self.assertFalse(os.path.exists(one) or os.path.exists(two))

    def test_value_that_begins_with_a_variable_is_compared(self):
        for value, outcome in (("7/a", PASSED), ("7/b", FAILED)):
            rules = {"open_fd": "ok fd=7 ms=0", "exhaust": f"ok name={value} ms=0"}
            result = self.one("client: open_fd -> ok fd=$fd\nclient: exhaust -> ok name=$fd/a\n", self.fake_rules(rules))
            self.assertEqual(result.outcome, outcome)


class KnownDifferences(Case):
    BAD = "error MFILE ms=0"

    def test_expected_failure_is_known(self):
        self.assertEqual(self.outcomes(TWO, self.fake(open_fd=self.BAD), known="b one because\n"), [KNOWN, PASSED])

    def test_unexpected_pass_fails(self):
        result = self.play(TWO, self.fake(), known="b one because\n")[0]
        self.assertEqual(result.outcome, FAILED)
        self.assertIn("known.txt:1 says it fails: because", result.reason)

    def test_role(self):
        broken = self.fake(open_fd=self.BAD)
        self.assertEqual(self.outcomes(TWO, broken, known="b/client one because\n"), [KNOWN, PASSED])
        self.assertEqual(self.outcomes(TWO, broken, known="b/server one because\n"), [FAILED, PASSED])
        self.assertEqual(self.outcomes(TWO, broken, known="a/client one because\n"), [FAILED, PASSED])

    def test_bad_entries_are_refused(self):
        for text, message in (
            ("b three because\n", "known.txt:1: no scenario called three"),
            ("# fine\nz one because\n", "known.txt:2: no driver called z"),
            ("b one\n", "known.txt:1: expected"),
            ("b/left one because\n", "known.txt:1: no role called left"),
        ):
            with self.assertRaises(Malformed) as caught:
                self.play(TWO, self.fake(), known=text)
            self.assertIn(message, str(caught.exception))

    def test_declared_driver_need_not_take_part(self):
        self.assertEqual(self.outcomes(TWO, self.fake(), known="drivers: z\nz one because\n"), [PASSED, PASSED])


class CommandLine(Case):
    def run_main(self, *arguments):
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = run.main(["--scenarios", str(self.directory / "scenarios"), "--known", str(self.directory / "none"), *arguments])
        return code, out.getvalue()

    def test_all_pairs_and_last_line(self):
        self.load(TWO)
        code, text = self.run_main("--driver", "a=" + self.fake(), "--driver", "b=" + self.fake(), "--witness", "w=" + self.fake())
        self.assertEqual((code, text.splitlines()[-1]), (0, "10 passed, 0 failed, 0 skipped"))
        self.assertEqual(len(re.findall(r"^(?:[ab] +[ab]|w +w) +2 ", text, re.M)), 5)

    def test_names_are_taken_once(self):
        self.load(TWO)
        for second in ("--driver", "--witness"):
            self.assertEqual(self.run_main("--driver", "a=" + self.fake(), second, "a=" + self.fake())[0], 2, second)

    def test_failure_sets_exit_code(self):
        self.load(TWO)
        code, text = self.run_main("--driver", "a=" + self.fake(open_fd="error MFILE ms=0"))
        self.assertEqual((code, text.splitlines()[-1]), (1, "1 passed, 1 failed, 0 skipped"))
        self.assertIn("FAILED area/one  server a, client a", text)

    def test_skips_are_counted_and_shown(self):
        self.load(HEAD + "needs: abort\nclient: open_fd\n")
        code, text = self.run_main("--driver", "a=" + self.fake())
        self.assertEqual((code, text.splitlines()[-1]), (1, "0 passed, 0 failed, 1 skipped"), "nothing was shown")
        self.assertIn("skipped: area/one: needs abort (a-a)", text)

    def test_many_skips_are_one_line(self):
        names = ("one", "two", "three", "four")
        self.load("".join(HEAD.replace("one", name) + "wire: nothing\n\n" for name in names))
        code, text = self.run_main("--no-wire", "--driver", "a=" + self.fake())
        self.assertEqual((code, text.splitlines()[-1]), (1, "0 passed, 0 failed, 4 skipped"))
        self.assertEqual(text.splitlines()[0], "skipped: 4 in area: no wire checks: switched off with --no-wire (a-a)")

    def test_what_the_machine_lacks_is_noted(self):
        self.load(HEAD + "wire: nothing\n\n" + HEAD.replace("one", "two") + "needs: abort\nclient: open_fd\n")
        notes = self.directory / "notes"
        with (
            mock.patch.dict(os.environ, POLYSOCK_SKIPPED=str(notes)),
            mock.patch("runner.play.Network", side_effect=NoNetwork("not allowed")),
        ):
            self.run_main("--driver", "a=" + self.fake())
        self.assertEqual(notes.read_text(), "conformance: 1 plays\troot, for a network namespace and a capture\n")

    def test_a_fault_of_the_runner_fails_one_scenario(self):
        self.load(TWO)
        steps = Pair.steps

        def fails_once(pair, scenario):
            if scenario.name == "one":
                raise PermissionError("the runner's own")
            steps(pair, scenario)

        with mock.patch.object(Pair, "steps", fails_once):
            code, text = self.run_main("--driver", "a=" + self.fake())
        self.assertEqual((code, text.splitlines()[-1]), (1, "1 passed, 1 failed, 0 skipped"))
        self.assertIn("the runner's own", text)

    def test_progress(self):
        class Terminal(io.StringIO):
            def isatty(self):
                return True

        result = self.one("client: open_fd\n", self.fake())
        for out, expected in (
            (io.StringIO(), "1 of 2 played, 0 failed\n2 of 2 played, 0 failed\n"),
            (Terminal(), "\r1 of 2 played, 0 failed\x1b[K\r2 of 2 played, 0 failed\x1b[K\r\x1b[K"),
        ):
            progress = Progress(2, out, every=0)
            progress.count(result)
            progress.count(result)
            progress.end()
            self.assertEqual(out.getvalue(), expected)
        silent = Progress(2, io.StringIO(), every=1000)
        silent.count(result)
        self.assertEqual(silent.out.getvalue(), "")

    def test_known_differences_count_as_skipped(self):
        self.load(TWO)
        (self.directory / "none").write_text("a one because\n")
        code, text = self.run_main("--driver", "a=" + self.fake(open_fd="error MFILE ms=0"))
        self.assertEqual((code, text.splitlines()[-1]), (0, "1 passed, 0 failed, 1 skipped"))
        self.assertIn("known difference: area/one: because (a-a)", text)

    def test_only(self):
        self.load(TWO)
        for pattern in ("two", "area/two", "t*", "wo"):
            self.assertEqual(
                self.run_main("--only", pattern, "--driver", "a=" + self.fake())[1].splitlines()[-1], "1 passed, 0 failed, 0 skipped"
            )
        self.assertEqual(self.run_main("--only", "three", "--driver", "a=" + self.fake())[0], 2)

    def test_list_runs_nothing(self):
        self.load(TWO)
        code, text = self.run_main("--list", "--driver", "a=/nonexistent")
        self.assertEqual((code, len(text.splitlines())), (0, 2))

    def test_malformed_and_nothing_to_play(self):
        self.load(TWO)
        self.assertEqual(self.run_main()[0], 2)
        self.assertEqual(self.run_main("--driver", "nonsense")[0], 2)
        (self.directory / "scenarios" / "area.txt").write_text("nonsense\n")
        code, text = self.run_main("--driver", "a=" + self.fake())
        self.assertEqual(code, 2)
        self.assertIn("area.txt:1", text)

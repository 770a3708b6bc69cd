#!/usr/bin/env python3
"""Tests of the runner itself: what is wrong must be seen, and must stay where it is."""

import contextlib
import io
import json
import pathlib
import re
import shlex
import sys
import tempfile
import textwrap
import unittest

import run
from runner.known import Known
from runner.play import FAILED, KNOWN, PASSED, SKIPPED, Pair
from runner.scenario import CAPABILITIES, COMMANDS, Malformed, load

HERE = pathlib.Path(__file__).resolve().parent
REAL = f"{shlex.quote(sys.executable)} {shlex.quote(str(HERE / 'drivers' / 'driver.py'))} --module socket"

# A driver that answers from a table {command line: answer}; everything else is "ok tid=1 ms=0".
# "later ANSWER" is ANSWER from the second time on. Answers that do something: "die", "hang", "leak" (open a file and keep it), "lose" (close standard error), "wait N".
FAKE = """
import json, os, sys, time
rules = json.loads(sys.argv[1])
seen = set()
for line in sys.stdin:
    line = line.strip()
    answer = rules.get(line, "ok caps=state lang=fake ms=0" if line == "hello" else "ok tid=1 ms=0")
    if answer.startswith("later "):
        answer = answer[6:] if line in seen else "ok ms=0"
    seen.add(line)
    if line == "quit":
        break
    if answer == "die":
        sys.exit("the last words")
    if answer == "hang":
        time.sleep(60)
    if answer == "leak":
        os.open(os.devnull, os.O_RDONLY)
        answer = "ok ms=0"
    if answer == "lose":
        os.close(2)
        answer = "ok ms=0"
    if answer.startswith("wait "):
        time.sleep(int(answer.split()[1]) / 1000)
        answer = answer.split(" ", 2)[2]
    print(answer, flush=True)
"""

HEAD = "scenario: one\nshows: something\nsource: somewhere\n"
TWO = HEAD + "client: open_fd\n\nscenario: two\nshows: something\nsource: somewhere\nclient: exhaust\n"


class Case(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        (self.directory / "fake.py").write_text(FAKE)

    def fake(self, **rules):
        """The command of a fake driver; `open_fd="die"` is the rule for the line `open_fd`."""
        return self.fake_rules(rules)

    def fake_rules(self, rules):
        return shlex.join([sys.executable, str(self.directory / "fake.py"), json.dumps(rules)])

    def load(self, text, given=""):
        scenarios = self.directory / "scenarios"
        scenarios.mkdir(exist_ok=True)
        (scenarios / "area.txt").write_text(textwrap.dedent(text))
        (scenarios / "given.txt").write_text(textwrap.dedent(given))
        return load(scenarios)

    def play(self, text, client, server=None, known="", limit=5.0, given=""):
        scenarios = self.load(text, given)
        file = self.directory / "known.txt"
        file.write_text(known)
        entries = Known(file, scenarios, ["a", "b"])
        pair = Pair(("a", server or self.fake()), ("b", client), entries, limit)
        return pair.play_all(scenarios)

    def outcomes(self, *arguments, **options):
        return [r.outcome for r in self.play(*arguments, **options)]

    def one(self, steps, client, **options):
        """Plays one scenario and returns its result."""
        return self.play(HEAD + textwrap.dedent(steps), client, **options)[0]


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
        result = self.one("poll client: open_fd -> ok n=1\n", self.fake(open_fd="ok n=0 ms=0"), limit=0.3)
        self.assertEqual(result.outcome, FAILED)
        self.assertLess(result.seconds, 5)

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
        results = self.play(TWO, self.fake(open_fd="hang"), limit=0.5)
        self.assertEqual([r.outcome for r in results], [FAILED, PASSED])
        self.assertIn("hangs", results[0].reason)

    def test_driver_that_does_not_exist(self):
        result = self.one("client: open_fd\n", "/nonexistent/driver")
        self.assertEqual(result.outcome, FAILED)
        self.assertIn("does not start", result.reason)

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
    GIVEN = (HERE / "scenarios" / "given.txt").read_text()

    def test_waiting_call_is_seen(self):
        text = "given: connection\nclient: start r recv c 1\nblocked client: r\nserver: send s 'x'\nclient: join r -> ok data='x'\n"
        result = self.one(text, REAL, server=REAL, given=self.GIVEN)
        self.assertEqual(result.outcome, PASSED, result.reason)

    def test_call_that_does_not_wait_is_seen(self):
        text = "given: connection\nclient: start r recv c 1 timeout=0\nblocked client: r\n"
        result = self.one(text, REAL, server=REAL, given=self.GIVEN, limit=2)
        self.assertEqual(result.outcome, FAILED)
        self.assertIn("did not wait", result.reason)

    def test_waiting_elsewhere_is_not_blocked(self):
        # `join` waits for a thread, not for a socket.
        text = """\
            given: connection
            client: start r recv c 1
            client: start j join r limit=3000
            blocked client: j
            """
        result = self.one(text, REAL, server=REAL, given=self.GIVEN, limit=1)
        self.assertEqual(result.outcome, FAILED)
        self.assertIn("not blocked in a socket call", result.reason)


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


class MalformedScenarios(Case):
    def test_each_is_refused_with_its_place(self):
        for text, message in (
            ("client: open_fd\n", "area.txt:1: a file begins with"),
            ("scenario: One\n", "area.txt:1: a name has"),
            ("scenario: one\nshows: x\nclient: open_fd\n", "area.txt:1: one has no 'source:'"),
            (HEAD, "area.txt:1: one has no steps"),
            (HEAD + "shows: again\n", "area.txt:4: a second 'shows:'"),
            (HEAD + "needs: magic\n", "area.txt:4: no capability called magic"),
            (HEAD + "client: open_fd\nneeds: abort\n", "area.txt:5: 'needs:' after the first step"),
            (HEAD + "nonsense\n", "area.txt:4: expected 'word: text'"),
            (HEAD + "peer: open_fd\n", "area.txt:4: neither a field nor a step"),
            (HEAD + "wait client: open_fd\n", "area.txt:4: neither a field nor a step"),
            (HEAD + "given: nothing\n", "area.txt:4: nothing called 'nothing'"),
            (HEAD + "client: opne_fd\n", "area.txt:4: no command called 'opne_fd'"),
            (HEAD + "client: socket c\n", "area.txt:4: socket takes 2 arguments, not 1"),
            (HEAD + "client: socket c inet peek\n", "area.txt:4: socket has no option 'peek'"),
            (HEAD + "client: close c\n", "area.txt:4: no handle 'c' in the client"),
            (HEAD + "server: socket c inet\nclient: close c\n", "area.txt:5: no handle 'c' in the client"),
            (HEAD + "client: socket c inet\nclient: socket c inet\n", "area.txt:5: the handle 'c' exists"),
            (HEAD + "client: close_fd $fd\n", "area.txt:4: $fd has no value yet"),
            (HEAD + "client: open_fd -> ok fd>$fd\n", "area.txt:4: $fd has no value yet"),
            (HEAD + "client: open_fd -> fine\n", "area.txt:4: expected 'ok …' or 'error NAME …'"),
            (HEAD + "client: open_fd -> ok fd=3 late\n", "area.txt:4: 'late' after a condition"),
            (HEAD + "client: socket c inet\nclient: send c 'x\n", "area.txt:5: a quote is not closed"),
            (HEAD + "client: join r\n", "area.txt:4: nothing was started as 'r'"),
            (HEAD + "blocked client: r\n", "area.txt:4: nothing was started as 'r'"),
            (HEAD + "blocked client: r -> ok\n", "area.txt:4: 'blocked ROLE: LABEL' takes"),
            (HEAD + "client: start r\n", "area.txt:4: start LABEL COMMAND"),
            (HEAD + "client: socket c inet\nclient: abort c\n", "area.txt:5: abort without 'needs: abort'"),
            (HEAD + "client: socket c inet\nclient: get c timeout\n", "area.txt:5: get timeout without 'needs: get_timeout'"),
            (HEAD + "client: open_fd\n" + HEAD + "client: open_fd\n", "area.txt:5: the name one is taken by area.txt:1"),
        ):
            with self.assertRaises(Malformed, msg=text) as caught:
                self.load(text)
            self.assertIn(message, str(caught.exception))


class CommandLine(Case):
    def run_main(self, *arguments):
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = run.main(["--scenarios", str(self.directory / "scenarios"), "--known", str(self.directory / "none"), *arguments])
        return code, out.getvalue()

    def test_all_pairs_and_last_line(self):
        self.load(TWO)
        code, text = self.run_main("--driver", "a=" + self.fake(), "--driver", "b=" + self.fake(), "--witness", self.fake())
        self.assertEqual((code, text.splitlines()[-1]), (0, "10 passed, 0 failed, 0 skipped"))
        self.assertEqual(len(re.findall(r"^(?:[ab] +[ab]|witness +witness) +2 ", text, re.M)), 5)

    def test_failure_sets_exit_code(self):
        self.load(TWO)
        code, text = self.run_main("--driver", "a=" + self.fake(open_fd="error MFILE ms=0"))
        self.assertEqual((code, text.splitlines()[-1]), (1, "1 passed, 1 failed, 0 skipped"))
        self.assertIn("FAILED area/one  server a, client a", text)

    def test_skips_are_counted_and_shown(self):
        self.load(HEAD + "needs: abort\nclient: open_fd\n")
        code, text = self.run_main("--driver", "a=" + self.fake())
        self.assertEqual((code, text.splitlines()[-1]), (0, "0 passed, 0 failed, 1 skipped"))
        self.assertIn("skipped: area/one: needs abort (a-a)", text)

    def test_known_differences_count_as_skipped(self):
        self.load(TWO)
        (self.directory / "none").write_text("a one because\n")
        code, text = self.run_main("--driver", "a=" + self.fake(open_fd="error MFILE ms=0"))
        self.assertEqual((code, text.splitlines()[-1]), (0, "1 passed, 0 failed, 1 skipped"))
        self.assertIn("known difference: area/one: because (a-a)", text)

    def test_only(self):
        self.load(TWO)
        for pattern in ("two", "area/two", "t*", "wo"):
            self.assertEqual(self.run_main("--only", pattern, "--driver", "a=" + self.fake())[1].splitlines()[-1], "1 passed, 0 failed, 0 skipped")
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


class Shipped(unittest.TestCase):
    def test_scenarios_and_known_differences_are_well_formed(self):
        scenarios = load(HERE / "scenarios")
        self.assertGreaterEqual(len(scenarios), 40)
        Known(HERE / "known_differences.txt", scenarios, ["witness"])

    def test_readme_describes_every_command_and_capability(self):
        text = (HERE / "README.md").read_text()
        for name in set(COMMANDS) | CAPABILITIES | {"hello", "reset", "quit", "start"}:
            self.assertRegex(text, rf"`{name}\b", name)


if __name__ == "__main__":
    unittest.main()

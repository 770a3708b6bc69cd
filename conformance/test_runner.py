#!/usr/bin/env python3
"""Tests of the runner itself: what is wrong must be seen, and must stay where it is."""

import contextlib
import io
import json
import os
import pathlib
import re
import shlex
import struct
import sys
import tempfile
import textwrap
import unittest
from unittest import mock

import run
from runner.known import Known
from runner.network import NoNetwork
from runner.play import FAILED, KNOWN, PASSED, SKIPPED, Pair, open_network
from runner.scenario import CAPABILITIES, COMMANDS, FEATURES, Malformed, load
from runner.wire import ACK, FIN, RST, SYN, URG, Connections, Segment, compare, read_segments

HERE = pathlib.Path(__file__).resolve().parent
REAL = f"{shlex.quote(sys.executable)} {shlex.quote(str(HERE / 'drivers' / 'driver.py'))} --module socket"

# A driver that answers from a table {command line: answer}; everything else is "ok tid=1 ms=0".
# "later ANSWER" is ANSWER from the second time on. Answers that do something: "die", "hang", "leak" (open a file and keep it),
# "lose" (close standard error), "wait N".
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
GIVEN = (HERE / "scenarios" / "given.txt").read_text()
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

    def play(self, text, client, server=None, known="", limit=5.0, given="", wire=True):
        scenarios = self.load(text, given)
        file = self.directory / "known.txt"
        file.write_text(known)
        entries = Known(file, scenarios, ["a", "b"])
        pair = Pair(("a", server or self.fake()), ("b", client), entries, limit, wire=wire)
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
        result = self.one(text, REAL, server=REAL, given=GIVEN, limit=2)
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
        result = self.one(text, REAL, server=REAL, given=GIVEN, limit=1)
        self.assertEqual(result.outcome, FAILED)
        self.assertIn("not blocked in a socket call", result.reason)


class Segments(unittest.TestCase):
    """What a wire step expects, compared with what was seen."""

    def test_verdicts(self):
        for expected, seen, verdict in (
            ("client FIN", "client FIN", "same"),
            ("client FIN", "nothing", "incomplete"),
            ("client FIN; server FIN", "client FIN", "incomplete"),
            ("client FIN", "client RST", "different"),
            ("client FIN", "server FIN", "different"),
            ("client FIN", "client FIN; client FIN", "different"),
            ("client FIN; server FIN", "server FIN; client FIN", "different"),
            ("server RST", "server FIN; server RST", "different"),
            ("server SYN-ACK", "server SYN", "different"),
            ("nothing", "nothing", "same"),
            ("nothing", "client data:1", "different"),
            ("client FIN", "client data:1; client FIN; server data:2", "same"),
            ("client FIN", "client URG; client FIN", "different"),
            ("client data; client FIN", "client FIN", "different"),
            ("client data; client FIN", "client data:1; client data:9; client FIN", "same"),
            ("client data", "client data:1; server data:1", "different"),
            ("client data:3", "client data:3", "same"),
            ("client data:3", "client data:2", "different"),
            ("client data:3", "client data:3; client data:3", "different"),
        ):
            seen = read_segments(seen)[0]
            self.assertEqual(compare(read_segments(expected)[0], seen), verdict, (expected, seen))

    def test_data_of_two_connections_is_not_one(self):
        seen = [Segment("client", "data", (1, 9), 5), Segment("client", "data", (2, 9), 5)]
        self.assertEqual(compare(read_segments("client data")[0], seen), "different")
        self.assertEqual(compare(read_segments("client data; client data")[0], seen), "same")

    def test_alternatives(self):
        self.assertEqual([len(a) for a in read_segments("client FIN; server FIN | nothing | client RST")], [2, 0, 1])


class Packets(unittest.TestCase):
    """What is seen in packets."""

    def setUp(self):
        self.connections = Connections()

    def packet(self, who, sequence, flags, payload=0, version=4):
        ports = (1000, 80) if who == "client" else (80, 1000)
        body = struct.pack("!HHIIBBHHH", *ports, sequence, 0, 5 << 4, flags, 0, 0, 0) + bytes(payload)
        same = b"\x7f\0\0\1" if version == 4 else bytes(15) + b"\1"
        if version == 4:
            return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, 6, 0) + same + same + body
        return struct.pack("!IHBB", 6 << 28, len(body), 6, 64) + same + same + body

    def see(self, *packets, version=4):
        return "; ".join(str(s) for p in packets for s in self.connections.segments(self.packet(*p, version=version)))

    def handshake(self, client=100, server=200):
        return self.see(("client", client, SYN), ("server", server, SYN | ACK), ("client", client + 1, ACK))

    def test_handshake(self):
        self.assertEqual(self.handshake(), "client SYN; server SYN-ACK")

    def test_inet6(self):
        self.assertEqual(self.see(("client", 100, SYN), ("server", 200, SYN | ACK), version=6), "client SYN; server SYN-ACK")

    def test_connection_whose_beginning_was_not_seen(self):
        self.assertEqual(self.see(("client", 101, ACK | FIN), ("server", 201, RST)), "")

    def test_data_and_fin_in_one_segment(self):
        self.handshake()
        self.assertEqual(self.see(("client", 101, ACK | FIN, 3)), "client data:3; client FIN")

    def test_acknowledgements_and_probes_do_not_count(self):
        self.handshake()
        self.assertEqual(self.see(("client", 101, ACK), ("client", 100, ACK), ("server", 201, ACK), ("client", 100, ACK, 1)), "")

    def test_sent_again(self):
        self.handshake()
        twice = ("client", 101, ACK, 3), ("client", 101, ACK, 3), ("client", 104, ACK | FIN), ("client", 104, ACK | FIN)
        self.assertEqual(self.see(("client", 100, SYN), ("server", 200, SYN | ACK), *twice), "client data:3; client FIN")

    def test_sent_again_with_something_new(self):
        self.handshake()
        self.assertEqual(self.see(("client", 101, ACK, 3), ("client", 101, ACK | FIN, 5)), "client data:3; client data:2; client FIN")

    def test_sequence_numbers_wrap(self):
        self.handshake(client=2**32 - 3)
        packets = ("client", 2**32 - 2, ACK, 4), ("client", 2, ACK | FIN), ("client", 2**32 - 2, ACK, 4)
        self.assertEqual(self.see(*packets), "client data:4; client FIN")

    def test_reset_and_urgent(self):
        self.handshake()
        self.assertEqual(self.see(("server", 201, ACK | URG, 1), ("server", 202, RST | ACK)), "server URG; server RST")

    def test_refused(self):
        self.assertEqual(self.see(("client", 100, SYN), ("server", 0, RST | ACK)), "client SYN; server RST")

    def test_ports_used_again(self):
        self.handshake()
        self.see(("client", 101, ACK | FIN), ("server", 201, ACK | FIN))
        self.assertEqual(self.handshake(client=5000, server=50), "client SYN; server SYN-ACK")


def why_no_wire():
    network, reason = open_network(True)
    network.close()
    return reason


@unittest.skipIf(why_no_wire(), "needs a network namespace and a capture: Linux and root")
class Wire(Case):
    def wire(self, steps, **options):
        return self.one("given: wired\n" + textwrap.dedent(steps), REAL, server=REAL, given=GIVEN, **options)

    def passes(self, steps, **options):
        result = self.wire(steps, **options)
        self.assertEqual(result.outcome, PASSED, result.reason)

    def fails(self, steps, message, **options):
        result = self.wire(steps, **options)
        self.assertEqual(result.outcome, FAILED)
        self.assertRegex(result.reason, message)
        return result

    def test_fin(self):
        self.passes("server: close s\nwire: server FIN\n")

    def test_rst_is_not_fin(self):
        steps = "server: set s linger 0\nserver: close s\nwire: server FIN\n"
        self.fails(steps, r"area\.txt:7: wire: server FIN\nexpected server FIN\ngot +server RST$")

    def test_missing_segment_fails_when_the_limit_is_over(self):
        result = self.fails("server: sendall s 'x'\nwire: server data; server FIN\n", "got +server data:1$", limit=1)
        self.assertGreater(result.seconds, 0.9)

    def test_wrong_segment_fails_at_once(self):
        result = self.fails("server: close s\nwire: client FIN\n", "got +server FIN$", limit=60)
        self.assertLess(result.seconds, 30)

    def test_one_too_many_fails(self):
        self.fails("server: close s\nclient: close c\nwire: server FIN\n", "got +server FIN; client FIN$")

    def test_nothing(self):
        self.passes("wire: nothing\n")
        self.fails("server: sendall s 'x'\nwire: nothing\n", "got +server data:1$")

    def test_segment_that_comes_later_is_waited_for(self):
        # Nobody has room for the SYN; the system sends no more until it asks again after a second.
        text = """\
            given: full-backlog
            client: socket c inet
            client: start k connect c 127.0.0.1 $port timeout=10000
            wire: client SYN; server SYN-ACK; client SYN
            server: accept l s timeout=5000
            wire: server SYN-ACK
            client: join k
            """
        result = self.one(text, REAL, server=REAL, given=GIVEN, limit=10)
        self.assertEqual(result.outcome, PASSED, result.reason)
        self.assertGreater(result.seconds, 0.5)

    def test_told_segments_are_not_told_again(self):
        self.passes("server: close s\nwire: server FIN\nwire: nothing\nclient: close c\nwire: client FIN\n")

    def test_port_tells_connections_apart(self):
        steps = """\
            client: socket d inet
            client: connect d 127.0.0.1 $port timeout=5000
            client: getsockname d -> ok port=$d
            client: getsockname c -> ok port=$c
            wire $c: nothing
            wire $d: client SYN; server SYN-ACK
            client: close d
            wire $c: nothing
            """
        self.passes(steps + "            wire $d: client FIN\n")
        self.fails(steps + "            wire $d: nothing\n", "got +client FIN$")

    def test_earlier_scenario_is_not_seen(self):
        first = HEAD + "given: wired\nserver: close s\n\n"
        results = self.play(first + first.replace("one", "two").replace("server: close s", "wire: nothing"), REAL, REAL, given=GIVEN)
        self.assertEqual([r.outcome for r in results], [PASSED, PASSED], results[1].reason)

    def test_lost_packets_are_told(self):
        with mock.patch("runner.wire.ROOM", 1):
            self.fails("wire: nothing\n", "got +the capture lost [0-9]+ packets", limit=1)

    def test_drivers_are_inside_and_the_runner_is_not(self):
        def network(pid):
            return os.readlink(f"/proc/{pid}/ns/net")

        before, inside = network("thread-self"), []

        class Spy(Pair):
            def steps(self, scenario):
                inside.extend(network(driver.process.pid) for driver in self.drivers.values())

        scenarios = self.load(TWO)
        Spy(("a", self.fake()), ("b", self.fake()), Known("/nonexistent", scenarios, []), 5).play_all(scenarios[:1])
        self.assertEqual(len(set(inside)), 1)
        self.assertNotEqual(inside[0], before)
        self.assertEqual(network("thread-self"), before)

    def test_pairs_do_not_see_each_other(self):
        text = HEAD + "given: wired\nclient: sendall c 'x'\nwire: client data:1\nclient: close c\nwire: client FIN\n"
        self.load(text, GIVEN)
        out = io.StringIO()
        arguments = ["--scenarios", str(self.directory / "scenarios"), "--known", "/nonexistent", "--jobs", "4", "--repeat", "8"]
        with contextlib.redirect_stdout(out):
            run.main([*arguments, "--witness", f"system={REAL}"])
        self.assertEqual(out.getvalue().splitlines()[-1], "8 passed, 0 failed, 0 skipped")


class WithoutPermission(Case):
    TEXT = HEAD + "client: open_fd\nwire: nothing\n"

    def test_no_namespace_skips(self):
        with mock.patch("runner.play.Network", side_effect=NoNetwork("no network namespace: unshare: Operation not permitted")):
            results = self.play(self.TEXT, self.fake())
        self.assertEqual(results[0].outcome, SKIPPED)
        self.assertEqual(
            results[0].reason, "no wire checks: this needs Linux and root (no network namespace: unshare: Operation not permitted)"
        )

    def test_no_capture_skips(self):
        with mock.patch("runner.play.Capture", side_effect=PermissionError(1, "not permitted")):
            results = self.play(self.TEXT, self.fake())
        self.assertEqual((results[0].outcome, "no wire checks" in results[0].reason), (SKIPPED, True))

    def test_switched_off_skips(self):
        results = self.play(self.TEXT, self.fake(), wire=False)
        self.assertEqual((results[0].outcome, results[0].reason), (SKIPPED, "no wire checks: switched off with --no-wire"))

    def test_other_scenarios_are_played(self):
        self.assertEqual(self.outcomes(TWO, self.fake(), wire=False), [PASSED, PASSED])

    @unittest.skipIf(os.geteuid() != 0, "is not root anyway")
    def test_a_real_system_that_refuses(self):
        pid = os.fork()
        if pid == 0:
            os.setuid(65534)
            os._exit(0 if "needs Linux and root" in why_no_wire() else 1)
        self.assertEqual(os.waitpid(pid, 0)[1], 0)


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
            (HEAD + "client: socket c\n", "area.txt:4: socket takes 2 or 3 arguments, not 1"),
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
            (HEAD + "client: socket c inet\nclient: abort c\n", "area.txt:5: abort c without 'needs: abort'"),
            (HEAD + "client: socket c inet\nclient: get c timeout\n", "area.txt:5: get c timeout without 'needs: get_timeout'"),
            (HEAD + "client: socket c unix\n", "area.txt:4: socket c unix without 'needs: unix'"),
            (HEAD + "client: socket c inet dgram\n", "area.txt:4: socket c inet dgram without 'needs: datagram'"),
            (HEAD + "needs: unix\nclient: socketpair a b dgram\n", "area.txt:5: socketpair a b dgram without 'needs: datagram'"),
            (HEAD + "client: socket c inet\nclient: connect c /path\n", "area.txt:5: connect c /path without 'needs: unix'"),
            (HEAD + "client: socket c inet\nclient: sendto c 'x' 127.0.0.1 9\n", "without 'needs: datagram'"),
            (HEAD + "client: socket c inet\nclient: setsockopt c TCP_CORK 1\n", "without 'needs: cork'"),
            (HEAD + "client: socket c inet\nclient: dup c c\n", "area.txt:5: dup c c without 'needs: dup'"),
            (HEAD + "needs: dup\nclient: socket c inet\nclient: dup c c\n", "area.txt:6: the handle 'c' exists"),
            (HEAD + "needs: unix\nclient: socketpair a a stream\n", "area.txt:5: the handle 'a' exists"),
            (HEAD + "needs: datagram\nclient: socket c inet dgram\nclient: recvfrom c 1 -> ok trunc=on\n", "area.txt:6: trunc="),
            (HEAD + "client: socket c inet trunc\n", "area.txt:4: socket has no option 'trunc'"),
            (HEAD + "wire: client FYN\n", "area.txt:4: no segment: 'client FYN'"),
            (HEAD + "wire: FIN\n", "area.txt:4: no segment: 'FIN'"),
            (HEAD + "wire: client data:0\n", "area.txt:4: no segment: 'client data:0'"),
            (HEAD + "wire: client FIN, server FIN\n", "area.txt:4: no segment"),
            (HEAD + "wire: nothing; client FIN\n", "area.txt:4: no segment: 'nothing'"),
            (HEAD + "wire: client FIN ->\n", "area.txt:4: no segment"),
            (HEAD + "wire 80: client FIN\n", "area.txt:4: expected 'wire: SEGMENTS' or 'wire $port: SEGMENTS'"),
            (HEAD + "wire $port: client FIN\n", "area.txt:4: $port has no value yet"),
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
        self.assertEqual((code, text.splitlines()[-1]), (0, "0 passed, 0 failed, 1 skipped"))
        self.assertIn("skipped: area/one: needs abort (a-a)", text)

    def test_many_skips_are_one_line(self):
        names = ("one", "two", "three", "four")
        self.load("".join(HEAD.replace("one", name) + "wire: nothing\n\n" for name in names))
        code, text = self.run_main("--no-wire", "--driver", "a=" + self.fake())
        self.assertEqual((code, text.splitlines()[-1]), (0, "0 passed, 0 failed, 4 skipped"))
        self.assertEqual(text.splitlines()[0], "skipped: 4 in area: no wire checks: switched off with --no-wire (a-a)")

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


class Shipped(unittest.TestCase):
    def test_scenarios_and_known_differences_are_well_formed(self):
        scenarios = load(HERE / "scenarios")
        self.assertGreaterEqual(len(scenarios), 40)
        Known(HERE / "known_differences.txt", scenarios, ["witness"])

    def test_readme_describes_every_command_and_capability(self):
        text = (HERE / "README.md").read_text()
        for name in set(COMMANDS) | CAPABILITIES | set(FEATURES) | {"wire", "hello", "reset", "quit", "start"}:
            self.assertRegex(text, rf"`{name}\b", name)


if __name__ == "__main__":
    unittest.main()

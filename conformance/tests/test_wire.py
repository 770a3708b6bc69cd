"""Wire checks: reading segments, packets, captures in a namespace of its own."""

import contextlib
import io
import os
import struct
import textwrap
import unittest
from unittest import mock

import run
from runner.known import Known
from runner.network import NoNetwork
from runner.play import FAILED, PASSED, SKIPPED, Pair, open_network
from runner.wire import ACK, FIN, RST, SYN, URG, Connections, Segment, compare, read_segments

from .fake import GIVEN, HEAD, REAL, TWO, Case


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
        result = self.fails("server: sendall s 'x'\nwire: server data; server FIN\n", "got +server data:1$", limit=2)
        self.assertGreater(result.seconds, 1.9)

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
            self.fails("wire: nothing\n", "got +the capture lost [0-9]+ packets", limit=2)

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

"""Wire checks: reading segments, packets, captures in a separate namespace."""

import contextlib
import io
import os
import re
import struct
import textwrap
from unittest import mock

import pytest

import run
from runner.known import Known
from runner.network import NoNetwork
from runner.play import FAILED, PASSED, SKIPPED, Pair, open_network
from runner.wire import ACK, FIN, RST, SYN, URG, Connections, Segment, compare, read_segments

from .stage import GIVEN, HEADER, REAL_DRIVER, TWO_SCENARIOS


@pytest.mark.parametrize(
    ("expected", "seen", "verdict"),
    [
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
    ],
)
def test_verdicts(expected, seen, verdict):
    seen = read_segments(seen)[0]
    assert compare(read_segments(expected)[0], seen) == verdict


def test_data_of_two_connections_is_not_one():
    seen = [Segment("client", "data", (1, 9), 5), Segment("client", "data", (2, 9), 5)]
    assert compare(read_segments("client data")[0], seen) == "different"
    assert compare(read_segments("client data; client data")[0], seen) == "same"


def test_alternatives():
    assert [len(a) for a in read_segments("client FIN; server FIN | nothing | client RST")] == [2, 0, 1]


class Peers:
    """Two ends whose packets are captured."""

    def __init__(self):
        self.connections = Connections()

    @staticmethod
    def packet(who, sequence, flags, payload=0, version=4):
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


@pytest.fixture
def peers():
    return Peers()


def test_handshake(peers):
    assert peers.handshake() == "client SYN; server SYN-ACK"


def test_inet6(peers):
    assert peers.see(("client", 100, SYN), ("server", 200, SYN | ACK), version=6) == "client SYN; server SYN-ACK"


def test_connection_whose_beginning_was_not_seen(peers):
    assert peers.see(("client", 101, ACK | FIN), ("server", 201, RST)) == ""


def test_data_and_fin_in_one_segment(peers):
    peers.handshake()
    assert peers.see(("client", 101, ACK | FIN, 3)) == "client data:3; client FIN"


def test_acknowledgements_and_probes_do_not_count(peers):
    peers.handshake()
    assert peers.see(("client", 101, ACK), ("client", 100, ACK), ("server", 201, ACK), ("client", 100, ACK, 1)) == ""


def test_sent_again(peers):
    peers.handshake()
    twice = ("client", 101, ACK, 3), ("client", 101, ACK, 3), ("client", 104, ACK | FIN), ("client", 104, ACK | FIN)
    assert peers.see(("client", 100, SYN), ("server", 200, SYN | ACK), *twice) == "client data:3; client FIN"


def test_sent_again_with_something_new(peers):
    peers.handshake()
    assert peers.see(("client", 101, ACK, 3), ("client", 101, ACK | FIN, 5)) == "client data:3; client data:2; client FIN"


def test_sequence_numbers_wrap(peers):
    peers.handshake(client=2**32 - 3)
    packets = ("client", 2**32 - 2, ACK, 4), ("client", 2, ACK | FIN), ("client", 2**32 - 2, ACK, 4)
    assert peers.see(*packets) == "client data:4; client FIN"


def test_reset_and_urgent(peers):
    peers.handshake()
    assert peers.see(("server", 201, ACK | URG, 1), ("server", 202, RST | ACK)) == "server URG; server RST"


@pytest.mark.parametrize("times", [2, 3])
def test_resets_for_data_that_was_sent_again_are_one_reset(peers, times):
    peers.handshake()
    data, reset = ("client", 101, ACK, 3), ("server", 201, RST)
    assert peers.see(*[data] * times, *[reset] * times) == "client data:3; server RST"
    assert peers.see(reset) == "server RST"


@pytest.mark.parametrize("first", [0, 1])
def test_a_reset_for_a_late_acknowledgement_is_one_reset(peers, first):
    peers.handshake()
    closing = [("server", 202, RST), ("server", 202, RST)]
    closing.insert(first, ("client", 104, ACK))
    seen = peers.see(("client", 101, ACK, 3), ("server", 201, ACK | FIN), *closing)
    assert seen == "client data:3; server FIN; server RST"


CLOSED = ("client", 101, ACK | FIN), ("server", 201, ACK), ("server", 201, ACK | FIN), ("client", 102, ACK)


@pytest.mark.parametrize("late", [("client", 102, ACK), ("client", 101, ACK | FIN)])
def test_a_reset_for_what_comes_after_the_end_is_none(peers, late):
    peers.handshake()
    assert peers.see(*CLOSED, late, ("server", 202, RST)) == "client FIN; server FIN"


@pytest.mark.parametrize("packets", [CLOSED[:3], CLOSED[:2], CLOSED])
def test_a_reset_that_answers_nothing_is_seen(peers, packets):
    peers.handshake()
    seen = peers.see(*packets, ("client", 102, RST | ACK))
    assert seen.endswith("; client RST")


def test_two_resets_for_what_was_sent_once_are_two(peers):
    peers.handshake()
    reset = ("server", 201, RST)
    assert peers.see(("client", 101, ACK, 3), reset, reset) == "client data:3; server RST; server RST"


def test_refused(peers):
    assert peers.see(("client", 100, SYN), ("server", 0, RST | ACK)) == "client SYN; server RST"


def test_ports_used_again(peers):
    peers.handshake()
    peers.see(("client", 101, ACK | FIN), ("server", 201, ACK | FIN))
    assert peers.handshake(client=5000, server=50) == "client SYN; server SYN-ACK"


def why_no_wire():
    network, reason = open_network(True)
    network.close()
    return reason


needs_wire = pytest.mark.skipif(why_no_wire() != "", reason="needs a network namespace and a capture: Linux and root")


def wire(stage, steps, **options):
    return stage.one("given: wired\n" + textwrap.dedent(steps), REAL_DRIVER, server=REAL_DRIVER, given=GIVEN, **options)


def passes(stage, steps, **options):
    result = wire(stage, steps, **options)
    assert result.outcome == PASSED, result.reason


def fails(stage, steps, message, **options):
    result = wire(stage, steps, **options)
    assert result.outcome == FAILED
    assert re.search(message, result.reason)
    return result


@needs_wire
def test_fin(stage):
    passes(stage, "server: close s\nwire: server FIN\n")


@needs_wire
def test_rst_is_not_fin(stage):
    steps = "server: set s linger 0\nserver: close s\nwire: server FIN\n"
    fails(stage, steps, r"area\.txt:7: wire: server FIN\nexpected server FIN\ngot +server RST$")


@needs_wire
def test_missing_segment_fails_when_the_limit_is_over(stage):
    result = fails(stage, "server: sendall s 'x'\nwire: server data; server FIN\n", "got +server data:1$", limit=2)
    assert result.seconds > 1.9


@needs_wire
def test_wrong_segment_fails_at_once(stage):
    result = fails(stage, "server: close s\nwire: client FIN\n", "got +server FIN$", limit=60)
    assert result.seconds < 30


@needs_wire
def test_one_too_many_fails(stage):
    fails(stage, "server: close s\nclient: close c\nwire: server FIN\n", "got +server FIN; client FIN$")


@needs_wire
def test_nothing(stage):
    passes(stage, "wire: nothing\n")
    fails(stage, "server: sendall s 'x'\nwire: nothing\n", "got +server data:1$")


@needs_wire
def test_segment_that_comes_later_is_waited_for(stage):
    # The backlog has no room for the SYN; the system sends nothing more until it repeats it after a second.
    text = """\
        given: full-backlog
        client: socket c inet
        client: start k connect c 127.0.0.1 $port timeout=10000
        wire: client SYN; server SYN-ACK; client SYN
        server: accept l s timeout=5000
        wire: server SYN-ACK
        client: join k
        """
    result = stage.one(text, REAL_DRIVER, server=REAL_DRIVER, given=GIVEN, limit=10)
    assert result.outcome == PASSED, result.reason
    assert result.seconds > 0.5


@needs_wire
def test_reported_segments_are_not_reported_again(stage):
    passes(stage, "server: close s\nwire: server FIN\nwire: nothing\nclient: close c\nwire: client FIN\n")


@needs_wire
def test_port_tells_connections_apart(stage):
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
    passes(stage, steps + "            wire $d: client FIN\n")
    fails(stage, steps + "            wire $d: nothing\n", "got +client FIN$")


@needs_wire
def test_earlier_scenario_is_not_seen(stage):
    first = HEADER + "given: wired\nserver: close s\n\n"
    results = stage.play(
        first + first.replace("one", "two").replace("server: close s", "wire: nothing"), REAL_DRIVER, REAL_DRIVER, given=GIVEN
    )
    assert [r.outcome for r in results] == [PASSED, PASSED], results[1].reason


@needs_wire
def test_lost_packets_are_reported(stage):
    with mock.patch("runner.wire.CAPTURE_BUFFER", 1):
        fails(stage, "wire: nothing\n", "got +the capture lost [0-9]+ packets", limit=2)


@needs_wire
def test_drivers_are_inside_and_the_runner_is_not(stage):
    def network(pid):
        return os.readlink(f"/proc/{pid}/ns/net")

    before, inside = network("thread-self"), []

    class Spy(Pair):
        def steps(self, scenario):
            inside.extend(network(driver.process.pid) for driver in self.drivers.values())

    scenarios = stage.load(TWO_SCENARIOS)
    Spy(("a", stage.fake()), ("b", stage.fake()), Known("/nonexistent", scenarios, []), 5).play_all(scenarios[:1])
    assert len(set(inside)) == 1
    assert inside[0] != before
    assert network("thread-self") == before


@needs_wire
def test_pairs_do_not_see_each_other(stage):
    text = HEADER + "given: wired\nclient: sendall c 'x'\nwire: client data:1\nclient: close c\nwire: client FIN\n"
    stage.load(text, GIVEN)
    out = io.StringIO()
    arguments = ["--scenarios", str(stage.directory / "scenarios"), "--known", "/nonexistent", "--jobs", "4", "--repeat", "8"]
    with contextlib.redirect_stdout(out):
        run.main([*arguments, "--witness", f"system={REAL_DRIVER}"])
    assert out.getvalue().splitlines()[-1] == "8 passed, 0 failed, 0 skipped"


TEXT = HEADER + "client: open_fd\nwire: nothing\n"


def test_no_namespace_skips(stage):
    with mock.patch("runner.play.Network", side_effect=NoNetwork("no network namespace: unshare: Operation not permitted")):
        results = stage.play(TEXT, stage.fake())
    assert results[0].outcome == SKIPPED
    assert results[0].reason == "no wire checks: this needs Linux and root (no network namespace: unshare: Operation not permitted)"


def test_no_capture_skips(stage):
    with mock.patch("runner.play.Capture", side_effect=PermissionError(1, "not permitted")):
        results = stage.play(TEXT, stage.fake())
    assert (results[0].outcome, "no wire checks" in results[0].reason) == (SKIPPED, True)


def test_switched_off_skips(stage):
    results = stage.play(TEXT, stage.fake(), wire=False)
    assert (results[0].outcome, results[0].reason) == (SKIPPED, "no wire checks: switched off with --no-wire")


def test_other_scenarios_are_played(stage):
    assert stage.outcomes(TWO_SCENARIOS, stage.fake(), wire=False) == [PASSED, PASSED]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give it up")
def test_a_real_system_that_refuses(stage):
    pid = os.fork()
    if pid == 0:
        os.setuid(65534)
        os._exit(0 if "needs Linux and root" in why_no_wire() else 1)
    assert os.waitpid(pid, 0)[1] == 0

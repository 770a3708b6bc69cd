"""What `show` makes of recorded segments: numbers, windows, and what was sent before."""

import pytest
from test_trace_show import events, lines, show
from trace_files import SECOND, Process, conversation

from polysock._trace.segments import Connections

CLIENT, SERVER = "127.0.0.1:5000", "127.0.0.1:80"


class Recorder:
    """The file of a recorder; each segment comes a microsecond after the one before."""

    def __init__(self, folder, number=90):
        self.process = Process(folder, number, kind="wire")
        self.at = 4

    def write(self, **record):
        self.process.write(**record)

    def segment(self, source, target, flags, seq, ack=None, window=100, bytes=0, at=None, way="loop", **more):
        self.at = at if at is not None else self.at + 1
        fields = {"seq": seq % (1 << 32), "window": window, "bytes": bytes, "interface": "lo", "way": way, **more}
        if ack is not None:
            fields["ack"] = ack % (1 << 32)
        moment = SECOND + self.at * 1000 + 10
        self.write(time=moment, event="segment", **{"from": source, "to": target, "flags": flags, **fields})

    def out(self, flags, seq, ack=None, **more):
        self.segment(CLIENT, SERVER, flags, seq, ack, **more)

    def back(self, flags, seq, ack=None, **more):
        self.segment(SERVER, CLIENT, flags, seq, ack, **more)

    def open(self, begin=1000, scale=7):
        """A handshake: the client's numbers begin at `begin`, the server's at 2000."""
        self.out("SYN", begin, window_scale=scale)
        self.back("SYN|ACK", 2000, begin + 1, window_scale=scale)
        self.out("ACK", begin + 1, 2001)


@pytest.fixture
def recorder(tmp_path):
    conversation(tmp_path)
    return Recorder(tmp_path)


def segments(folder):
    return [event.segment for event in events(folder) if event.segment]


def notes(folder):
    """Those of each segment after the handshake."""
    return [segment.notes for segment in segments(folder)[3:]]


def test_numbers_are_relative_and_windows_are_in_bytes(recorder, tmp_path):
    recorder.open()
    recorder.out("PSH|ACK", 1001, 2001, bytes=5)
    recorder.back("ACK", 2001, 1006, window=3)
    found = segments(tmp_path)
    assert [(one.seq, one.ack, one.window) for one in found] == [
        (0, None, 100),
        (0, 1, 100),
        (1, 1, 12800),
        (1, 1, 12800),
        (1, 6, 384),
    ]
    assert (found[3].offset, found[3].bytes) == (0, 5)
    assert [event.lane.pid for event in events(tmp_path) if event.segment] == [20, 10, 20, 20, 10]
    assert all(one.to_lane for one in found)


def test_numbers_go_on_beyond_32_bits(recorder, tmp_path):
    recorder.open(begin=(1 << 32) - 2)
    for number in range(9):
        recorder.out("ACK", (1 << 32) - 1 + number * (1 << 29), 2001, bytes=1 << 29)
        recorder.back("ACK", 2001, (1 << 32) - 1 + (number + 1) * (1 << 29))
    assert notes(tmp_path) == [[]] * 18
    assert segments(tmp_path)[-1].ack == 1 + 9 * (1 << 29)


def test_a_connection_that_began_before_it_was_recorded(recorder, tmp_path):
    recorder.out("PSH|ACK", 7000, 9000, bytes=5, window=50)
    recorder.back("PSH|ACK", 9000, 7005, bytes=3)
    found = segments(tmp_path)
    assert [(one.seq, one.ack, one.window, one.notes) for one in found] == [(1, 1, 50, []), (1, 6, 100, [])]


def test_what_was_sent_before_and_what_is_missing(recorder, tmp_path):
    recorder.open()
    recorder.out("ACK", 1001, 2001, bytes=10)
    recorder.out("ACK", 1021, 2001, bytes=10)
    recorder.back("ACK", 2001, 1011)
    recorder.back("ACK", 2001, 1011, sack=[[1021, 1031]])
    recorder.back("ACK", 2001, 1011, window=101, sack=[[1021, 1031]])
    recorder.out("ACK", 1011, 2001, bytes=10)
    recorder.out("ACK", 1011, 2001, bytes=10)
    recorder.out("FIN|ACK", 1031, 2001)
    recorder.out("FIN|ACK", 1031, 2001)
    assert notes(tmp_path) == [
        [],
        ["gap before it"],
        [],
        ["duplicate ACK 1"],
        ["duplicate ACK 2"],
        ["fills a gap"],
        ["retransmission"],
        [],
        ["retransmission"],
    ]


def test_a_repeated_syn_and_ports_that_are_used_again(recorder, tmp_path):
    recorder.out("SYN", 1000)
    recorder.out("SYN", 1000)
    recorder.back("RST|ACK", 0, 1001)
    recorder.out("SYN", 5000)
    recorder.back("SYN|ACK", 6000, 5001)
    found = segments(tmp_path)
    assert [one.notes for one in found] == [[], ["retransmission"], [], [], []]
    assert [one.seq for one in found] == [0, 0, 1, 0, 0]


def test_windows_that_close_and_probes(recorder, tmp_path):
    recorder.open()
    recorder.out("ACK", 1001, 2001, bytes=10)
    recorder.back("ACK", 2001, 1011, window=0)
    recorder.out("ACK", 1010, 2001)
    recorder.back("ACK", 2001, 1011, window=0)
    recorder.back("ACK", 2001, 1011, window=9)
    recorder.out("ACK", 1010, 2001)
    recorder.back("ACK", 2001, 1011, window=9)
    assert notes(tmp_path) == [
        [],
        ["zero window"],
        ["zero window probe"],
        ["zero window"],
        ["window update"],
        ["keep-alive"],
        [],
    ]


def test_a_segment_that_two_recorders_have_is_shown_once(recorder, tmp_path):
    recorder.open()
    other = Recorder(tmp_path, 91)
    other.open()
    recorder.write(time=SECOND + 9000, event="ended", segments=3, dropped=0)
    other.out("PSH|ACK", 1001, 2001, bytes=5, at=20)
    assert [one.bytes for one in segments(tmp_path)] == [0, 0, 0, 5]


def test_peers_that_are_not_traced(tmp_path):
    process = Process(tmp_path, 1)
    process.socket(1, at=0)
    process.call("connect", 1, at=1, to="10.0.0.1:80", local="10.0.0.2:999", peer="10.0.0.1:80")
    recorder = Recorder(tmp_path)
    recorder.segment("10.0.0.2:999", "10.0.0.1:80", "SYN", 1000, way="out")
    recorder.segment("10.0.0.1:80", "10.0.0.2:999", "SYN|ACK", 2000, 1001, way="in")
    recorder.segment("10.0.0.9:80", "10.0.0.8:999", "SYN", 2000, way="in")
    found = "\n".join(lines(tmp_path))
    assert "╌ SYN seq 0 window 100 → 10.0.0.1:80" in found
    assert "╌ SYN seq 0 ACK 1 window 100 ← 10.0.0.1:80" in found
    assert "10.0.0.9" not in found


def test_what_a_recorder_misses_is_said(recorder, tmp_path):
    recorder.open()
    recorder.write(time=SECOND + 9000, event="dropped", packets=1234)
    recorder.write(time=SECOND + 9001, event="elsewhere", pid=10)
    status, _, errors = show(tmp_path)
    assert status == 0
    assert "the kernel dropped 1,234 packets" in errors
    assert "process 10 is in another network namespace" in errors
    assert "the recorder of the segments has not ended" in errors
    recorder.write(time=SECOND + 9002, event="ended", segments=3, dropped=1234)
    assert "has not ended" not in show(tmp_path)[2]


def test_segments_that_are_none_are_left_out(recorder, tmp_path):
    recorder.open()
    good = {"time": SECOND, "event": "segment", "from": CLIENT, "to": SERVER, "way": "out"}
    good |= {"flags": "ACK", "seq": 1, "window": 1, "bytes": 0}
    bad = [
        {"seq": -1},
        {"seq": 1 << 32},
        {"window_scale": 15},
        {"ack": "1"},
        {"flags": None},
        {"from": 1},
        {"way": []},
        {"bytes": 1.5},
        {"time": "1"},
    ]
    for fields in bad:
        recorder.write(**good | fields)
    recorder.write(time=SECOND, call="send", socket=1)
    assert len(segments(tmp_path)) == 3
    assert f"{len(bad) + 1} lines could not be read as records" in show(tmp_path)[2]


def test_nothing_in_a_segment_acts_on_a_terminal(tmp_path):
    client, _ = conversation(tmp_path)
    recorder = Recorder(tmp_path)
    attack = "\x1b]0;title\x07\u202e"
    client.call("connect", 1, at=4, to=attack, error="ECONNREFUSED")
    recorder.segment(CLIENT, attack, f"SYN|{attack}", 1, way="out")
    recorder.write(time=SECOND + 9000, event="icmp", **{"from": CLIENT, "to": attack, "way": "in", "error": attack})
    recorder.write(time=SECOND + 9001, event="dropped", packets=attack)
    found = lines(tmp_path, everything=True)
    assert any("title" in line for line in found)
    assert all(line.isprintable() for line in found)


def test_many_connections_are_followed_in_bounded_memory(monkeypatch, recorder, tmp_path):
    monkeypatch.setattr("polysock._trace.segments.MOST_CONNECTIONS", 10)
    most = []
    make_room = Connections._make_room

    def watched(connections):
        make_room(connections)
        most.append(len(connections._directions))

    monkeypatch.setattr(Connections, "_make_room", watched)
    for port in range(6000, 6100):
        recorder.segment(f"127.0.0.1:{port}", SERVER, "SYN", 1)
        if port % 2:
            recorder.segment(SERVER, f"127.0.0.1:{port}", "RST|ACK", 1, 2)
    assert len(segments(tmp_path)) == 150
    assert 10 < max(most) <= 20

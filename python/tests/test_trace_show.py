"""`python -m polysock show`: reads whatever is in the files and joins both ends; its views are harmless."""

import json
import os
import subprocess
import sys
import tracemalloc

import pytest
from helpers import PROGRAM_TIMEOUT
from trace_files import SECOND, Process, conversation

from polysock._trace import merge, mermaid, model, perfetto, timeline
from polysock._trace.follow import follow
from polysock._trace.model import Trace


def events(folder):
    with Trace(folder) as trace:
        trace.survey()
        return list(trace.events())


def calls(folder, name):
    return [event for event in events(folder) if event.call == name]


def lines(folder, **options):
    found = []
    with Trace(folder) as trace:
        timeline.show(trace, found.append, 120, False, **options)
    return found


def show(*arguments):
    command = [sys.executable, "-m", "polysock", "show", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PROGRAM_TIMEOUT, check=False)
    return done.returncode, done.stdout, done.stderr


def sources(event):
    return [(arrow.source.record["data"], arrow.first, arrow.after) for arrow in event.arrows]


def test_one_send_becomes_two_receives_and_three_sends_one(tmp_path):
    client, server = conversation(tmp_path)
    client.call("sendall", 1, at=10, asked=10, bytes=10, offset=0, data="0123456789")
    server.call("recv", 2, at=12, asked=4, bytes=4, offset=0, data="0123")
    server.call("recv", 2, at=14, asked=100, bytes=6, offset=4, data="456789")
    for at, data in ((20, "a"), (22, "bc"), (24, "def")):
        client.call("send", 1, at=at, asked=len(data), bytes=len(data), offset=10 + at // 2 - 10, data=data)
    client.write(time=client.now, thread=1, call="getsockname", socket=1, duration=1)
    server.call("recv", 2, at=30, asked=100, bytes=6, offset=10, data="abcdef")
    split, rest, sticky = calls(tmp_path, "recv")
    assert sources(split) == [("0123456789", 0, 4)]
    assert sources(rest) == [("0123456789", 4, 10)]
    assert [data for data, _, _ in sources(sticky)] == ["a", "bc", "def"]
    shown = "\n".join(lines(tmp_path))
    assert "of 10 sent" in shown
    assert "= 3 sends" in shown


def test_a_receive_that_is_recorded_before_its_send_still_finds_it(tmp_path):
    client, server = conversation(tmp_path)
    server.call("recv", 2, at=15, duration=1000, asked=9, bytes=5, offset=0, data="hello")
    client.call("sendall", 1, at=10, duration=90_000, asked=5, bytes=5, offset=0, data="hello")
    (received,) = calls(tmp_path, "recv")
    assert sources(received) == [("hello", 0, 5)]
    in_order = [event.call for event in events(tmp_path)]
    assert in_order.index("sendall") < in_order.index("recv")


def test_a_connection_that_is_closed_before_it_is_accepted_is_joined(tmp_path):
    server, client = Process(tmp_path, 10), Process(tmp_path, 20)
    client.socket(1, at=1)
    client.call("connect", 1, at=2, local="127.0.0.1:5000", peer="127.0.0.1:80", to="127.0.0.1:80")
    client.call("send", 1, at=3, asked=2, bytes=2, offset=0, data="hi")
    client.call("close", 1, at=4)
    server.socket(2, "accept", at=9, local="127.0.0.1:80", peer="[::ffff:127.0.0.1]:5000")
    server.call("recv", 2, at=10, asked=9, bytes=2, offset=0, data="hi")
    assert sources(calls(tmp_path, "recv")[0]) == [("hi", 0, 2)]


def test_a_forked_child_continues_the_stream_of_its_parent(tmp_path):
    client, server = conversation(tmp_path)
    client.call("send", 1, at=10, asked=6, bytes=6, offset=0, data="parent")
    child = Process(tmp_path, 21, forked_from=client.path.name)
    child.socket(1, "seen", at=12, local="127.0.0.1:5000", peer="127.0.0.1:80", sent=6)
    child.call("send", 1, at=13, asked=5, bytes=5, offset=6, data="child")
    server.call("recv", 2, at=20, asked=99, bytes=11, offset=0, data="parentchild")
    assert [data for data, _, _ in sources(calls(tmp_path, "recv")[0])] == ["parent", "child"]


def test_datagrams_that_never_arrived_are_seen(tmp_path):
    one, other = Process(tmp_path, 1), Process(tmp_path, 2)
    other.socket(1, type="SOCK_DGRAM", at=0)
    other.call("bind", 1, at=1, to="0.0.0.0:53", local="0.0.0.0:53")
    one.socket(1, type="SOCK_DGRAM", at=0)
    for at, data in enumerate(("first", "other", "third"), 2):
        one.call("sendto", 1, at=at, to="127.0.0.1:53", local="0.0.0.0:4000", bytes=5, asked=5, data=data)
    other.call("recvfrom", 1, at=10, asked=99, bytes=5, data="first", **{"from": "127.0.0.1:4000"})
    other.call("recvfrom", 1, at=11, asked=99, bytes=5, data="third", **{"from": "127.0.0.1:4000"})
    first, third = calls(tmp_path, "recvfrom")
    assert (sources(first)[0][0], first.lost) == ("first", [])
    assert sources(third)[0][0] == "third"
    assert [event.record["data"] for event in third.lost] == ["other"]
    assert any("1 datagram lost before it" in line for line in lines(tmp_path))


def test_a_peer_that_is_not_traced_is_outside(tmp_path):
    process = Process(tmp_path, 1)
    process.socket(1, at=0)
    process.call("connect", 1, at=1, to="10.0.0.1:80", local="10.0.0.2:999", peer="10.0.0.1:80")
    process.call("send", 1, at=2, asked=1, bytes=1, offset=0, data="x")
    assert calls(tmp_path, "send")[0].is_outside
    found = []
    with Trace(tmp_path) as trace:
        mermaid.show(trace, found.append)
    assert any(line.strip().startswith("L0->>L1: send") for line in found), found
    client, _ = conversation(tmp_path / "both")
    client.call("send", 1, at=10, asked=1, bytes=1, offset=0, data="x")
    assert not calls(tmp_path / "both", "send")[0].is_outside


def test_a_call_that_never_returned_is_shown_as_waiting(tmp_path):
    client, server = conversation(tmp_path)
    server.write(time=server.tick(50), thread=1, call="recv", socket=2, asked=9, begun=True)
    client.write(time=client.tick(60), thread=1, call="recv", socket=1, asked=9, begun=True)
    client.write(time=client.now, thread=1, call="recv", socket=1, asked=9, duration=200_000_000, bytes=0, waits=2)
    waiting = [event for event in events(tmp_path) if event.is_waiting]
    assert [event.lane.pid for event in waiting] == [10]
    assert sum("recv(9) waits" in line for line in lines(tmp_path)) == 1


def test_half_a_line_empty_lines_and_garbage(tmp_path):
    client, _ = conversation(tmp_path)
    client.append('garbage\n[1]\n{"time": "no number"}\n{"time": 1, "call": "send", "socket": "1"}\n')
    client.append('{"time": 1, "call": "send_batch", "socket": 1, "sent": [1]}\n')
    client.call("send", 1, at=10, asked=1, bytes=1, offset=0, data="x")
    client.append("\n\n\n")
    client.call("send", 1, at=11, asked=1, bytes=1, offset=1, data="y")
    client.append('{"time": 1, "thr')
    assert [event.record["data"] for event in calls(tmp_path, "send")] == ["x", "y"]
    status, output, errors = show(tmp_path)
    assert status == 0
    assert '"y"' in output
    assert "20-1.jsonl: 5 lines could not be read as records" in errors


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\0\xff\n", "is not the file of a trace"),
        ("[" * 100_000, "is not the file of a trace"),
        ('{"time": 1}\n', "is not the file of a trace"),
        (
            '{"polysock_trace": 2, "time": 1}\n',
            "was written in version 2 of the records; this polysock reads version 1",
        ),
        ('{"polysock_trace": 1, "time": 1}\n', "has no complete header"),
        ('{"polysock_trace": 1, "time": 1, "wall_time": 1, "pid": 1, "program": 1}\n', "has no complete header"),
    ],
)
def test_other_files_are_named_and_left_out(tmp_path, text, message):
    (tmp_path / "other.jsonl").write_text(text, encoding="latin-1")
    status, output, errors = show(tmp_path)
    assert (status, output) == (1, "")
    assert f"other.jsonl {message}" in errors
    conversation(tmp_path)
    status, output, errors = show(tmp_path)
    assert status == 0
    assert "accept" in output
    assert message in errors


@pytest.mark.parametrize(
    "text", ["", "\0" * 65536, "\n" * 65536, '{"polysock_tra', '{"polysock_trace":1,"ti' + "\n" * 65500]
)
def test_a_process_that_was_killed_before_its_first_record_lacks_nothing(tmp_path, text):
    (tmp_path / "other.jsonl").write_text(text)
    status, output, errors = show(tmp_path / "other.jsonl")
    assert (status, output) == (1, "")
    assert "other.jsonl has no records: its process ended before the first" in errors
    status, output, errors = show(tmp_path)
    assert (status, output) == (1, "")
    conversation(tmp_path)
    status, output, errors = show(tmp_path)
    assert (status, errors) == (0, "")
    assert "accept" in output


def test_a_fifo_is_not_waited_for(tmp_path):
    conversation(tmp_path)
    os.mkfifo(tmp_path / "other.jsonl")
    (tmp_path / "endless.jsonl").symlink_to("/dev/zero")
    status, output, errors = show(tmp_path)
    assert status == 0
    assert "accept" in output
    assert "other.jsonl is not a file with records" in errors
    assert "endless.jsonl is not a file with records" in errors


def test_a_folder_that_is_missing_or_has_no_trace_is_an_error(tmp_path):
    for folder in (tmp_path, tmp_path / "missing"):
        status, output, errors = show(folder)
        assert (status, output) == (1, "")
        assert str(folder) in errors
        assert len(errors.splitlines()) == 1


def test_nothing_that_was_recorded_acts_on_a_terminal(tmp_path):
    client, server = conversation(tmp_path)
    attack = "\x1b]0;title\x07\x9b31m\u202e"
    client.call("send", 1, at=10, asked=9, bytes=9, offset=0, data="\x1b[2J\r\x9b\n;#")
    client.call("connect", 1, at=11, to=attack, error=attack, detail=attack, state=attack)
    client.call(attack, 1, at=12)
    client.call("poller", at=13, step=attack)
    client.write(time=client.tick(14), thread=1, event=attack)
    Process(tmp_path, 30, program=f"{attack}.py").call("recv", 1, at=1)
    server.call("setsockopt", 2, at=15, option=attack, value=attack)
    found = lines(tmp_path, everything=True)
    with Trace(tmp_path) as trace:
        mermaid.show(trace, found.append, True)
    for line in found:
        assert line.isprintable(), line
    assert any("\\x1b[2J\\r\\x9b" in line for line in found)


def test_mermaid_sees_no_syntax_in_what_was_sent(tmp_path):
    client, server = conversation(tmp_path)
    client.call("send", 1, at=10, asked=9, bytes=9, offset=0, data="a;b#c<i>")
    server.call("recv", 2, at=12, asked=9, bytes=9, offset=0, data="a;b#c<i>")
    found = []
    with Trace(tmp_path) as trace:
        assert mermaid.show(trace, found.append)
    assert found[0] == "sequenceDiagram"
    assert found[1:3] == ["    participant L0 as server.py", "    participant L1 as client.py"]
    assert any(line.startswith("    L1->>L0: send → recv(9) 9 B") for line in found)
    assert any("a#59;b#35;c#60;i#62;" in line for line in found)
    assert not any(";b" in line.replace("#59;", "") for line in found)


def test_perfetto_json_has_slices_and_flows(tmp_path):
    client, server = conversation(tmp_path)
    client.call("send", 1, at=10, duration=7000, asked=5, bytes=5, offset=0, data="hello")
    server.call("recv", 2, at=20, asked=9, bytes=5, offset=0, data="hello")
    found = []
    with Trace(tmp_path) as trace:
        perfetto.show(trace, found.append)
    items = json.loads("\n".join(found))["traceEvents"]
    (sent,) = [item for item in items if item["name"] == "send"]
    assert (sent["ph"], sent["ts"], sent["dur"], sent["pid"]) == ("X", 10, 7, 20)
    begin, end = [item for item in items if item["name"] == "bytes"]
    assert (begin["ph"], begin["pid"], end["ph"], end["pid"]) == ("s", 20, "f", 10)
    assert begin["id"] == end["id"]


def test_files_of_other_machines_are_placed_by_their_wall_clocks(tmp_path):
    client, server = conversation(tmp_path)
    client.call("send", 1, at=10, asked=5, bytes=5, offset=0, data="hello")
    other = Process(tmp_path, 30, machine="other")
    other.socket(2, "accept", local="127.0.0.1:80", peer="127.0.0.1:5000")
    other.call("recv", 2, at=20, asked=5, bytes=5, offset=0, data="hello")
    (received,) = calls(tmp_path, "recv")
    assert received.arrows == [], "loopback addresses of two machines have nothing to do with each other"
    assert "2 machines" in show(tmp_path)[2]
    assert server.pid == 10


def far_apart(folder, machine, pid, wall_time, time=SECOND):
    """The file of a process that has a connection to another machine; its clocks are at these times."""
    process = Process(folder, pid, machine=machine, wall_time=wall_time, time=time)
    process.now = time
    process.socket(1, "from_fd", local="10.0.0.1:80", peer="10.0.0.9:80")
    process.call("getsockname", 1, duration=1)
    return process


def test_files_of_one_machine_keep_its_monotonic_clock_when_its_wall_clock_changes(tmp_path):
    far_apart(tmp_path, "here", 1, 5 * SECOND)
    far_apart(tmp_path, "there", 2, 105 * SECOND, time=101 * SECOND)
    # The wall clock of the other machine was set back by 50 s in between.
    far_apart(tmp_path, "there", 3, 56 * SECOND, time=102 * SECOND)
    with Trace(tmp_path) as trace:
        moments = {event.lane.pid: event.moment for event in trace.events()}
    assert moments[3] - moments[2] == SECOND, "one clock for both"
    assert moments[2] - moments[1] == 100 * SECOND
    assert "the wall clock of a machine changed by 50.00 s" in show(tmp_path)[2]


def test_a_little_difference_of_the_clocks_of_a_machine_is_not_worth_a_word(tmp_path):
    far_apart(tmp_path, "here", 1, 5 * SECOND)
    far_apart(tmp_path, "there", 2, 5 * SECOND)
    far_apart(tmp_path, "there", 3, 5 * SECOND + 50_000)
    assert "wall clock of a machine" not in show(tmp_path)[2]


def test_it_says_if_no_connection_joins_the_machines(tmp_path):
    far_apart(tmp_path, "here", 1, 5 * SECOND)
    far_apart(tmp_path, "there", 2, 5 * SECOND)
    assert "no connection joins the files of different machines" in show(tmp_path)[2]
    process = far_apart(tmp_path, "there", 3, 5 * SECOND)
    process.socket(2, "from_fd", local="10.0.0.9:80", peer="10.0.0.1:80")
    assert "no connection joins" not in show(tmp_path)[2]


def test_a_send_that_takes_long_comes_before_what_receives_its_bytes(tmp_path):
    client, server = conversation(tmp_path)
    long = {"asked": 9, "duration": 900_000_000}
    client.call("sendall", 1, at=10, asked=9, begun=True)
    server.call("recv", 2, at=20, asked=4, bytes=4, offset=0, data="0123")
    for at in range(300_000, 800_000, 100_000):
        server.call("getsockname", 2, at=at)
    server.call("recv", 2, at=900_000, asked=9, bytes=5, offset=4, data="45678")
    client.call("sendall", 1, at=10, bytes=9, offset=0, data="012345678", **long)
    first, rest = calls(tmp_path, "recv")
    assert sources(first) == [("012345678", 0, 4)]
    assert sources(rest) == [("012345678", 4, 9)]
    (sent,) = calls(tmp_path, "sendall")
    assert not sent.is_waiting
    in_order = [event.call for event in events(tmp_path)]
    assert in_order.index("sendall") < in_order.index("recv")


def test_sends_that_take_long_are_forgotten_beyond_a_number(tmp_path, monkeypatch):
    monkeypatch.setattr(model, "MOST_LONG_SENDS", 2)
    client, _ = conversation(tmp_path)
    for number in range(5):
        client.call("sendall", 1, at=number * SECOND // 1000, asked=1, begun=True)
        fields = {"duration": 900_000_000, "asked": 1, "bytes": 1, "offset": number, "data": str(number)}
        client.call("sendall", 1, at=number * SECOND // 1000, **fields)
    assert [event.record["offset"] for event in calls(tmp_path, "sendall")] == [0, 1, 2, 3, 4]
    with Trace(tmp_path) as trace:
        trace.survey()
        assert len(trace.long_sends) == 2


def test_connections_beyond_a_number_are_taken_for_traced(tmp_path, monkeypatch):
    monkeypatch.setattr(model, "MOST_PAIRS", 10)
    process = Process(tmp_path, 1)
    for number in range(1, 100):
        fields = {"local": f"127.0.0.1:{1000 + number}", "peer": "127.0.0.1:80"}
        process.socket(number, "accept", **fields)
        process.call("send", number, asked=1, bytes=1, offset=0, data="x")
    with Trace(tmp_path) as trace:
        trace.survey()
        assert len(trace._pairs) == 10
        assert not any(event.is_outside for event in trace.events())


def test_sockets_that_were_closed_are_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr(model, "MOST_CLOSED", 10)
    client, server = Process(tmp_path, 1), Process(tmp_path, 2)
    for number in range(1, 200):
        ends = {"local": f"127.0.0.1:{1000 + number}", "peer": "127.0.0.1:80"}
        client.socket(number, "from_fd", **ends)
        server.socket(number, "accept", local=ends["peer"], peer=ends["local"])
        client.call("close", number)
        server.call("close", number)
    with Trace(tmp_path) as trace:
        trace.survey()
        joiner = model.Joiner(trace)
        most = 0
        for _ in joiner.events(merge.merged(trace.files, trace.clocks)):
            most = max(most, len(joiner._sockets), len(joiner._ends._by_pair))
    assert most < 30


def test_threads_that_do_not_fit_side_by_side_are_named_on_each_line(tmp_path):
    client, server = conversation(tmp_path)
    client.call("sendall", 1, at=10, asked=5, bytes=5, offset=0, data="hello")
    server.call("recv", 2, at=12, asked=9, bytes=5, offset=0, data="hello")
    for thread in range(2, 300):
        server.call("socket", thread=thread, family="AF_INET", type="SOCK_STREAM")
    shown = lines(tmp_path)
    assert shown[0] == f"300 threads; --width {12 + 300 * 32} shows them side by side"
    assert max(map(len, shown)) <= 120
    (received,) = [line for line in shown if "recv(9)" in line]
    assert received.endswith('server.py 10 thread 1    recv(9) 5 B "hello" +2 µs ◀ client.py 20')
    assert len([line for line in shown if "server.py 10 thread 299" in line]) == 1


def test_followed_threads_lose_their_columns_once_when_they_no_longer_fit(tmp_path):
    process = Process(tmp_path, 1)
    for thread in range(1, 30):
        process.call("socket", thread=thread, family="AF_INET", type="SOCK_STREAM")
    found = []
    with Trace(tmp_path) as trace:
        follow(trace, tmp_path, found.append, 120, False, rounds=1)
    assert len([line for line in found if "side by side" in line]) == 1
    assert max(map(len, found)) <= 120


def test_large_traces_are_read_in_little_memory(tmp_path):
    client, server = conversation(tmp_path)
    records = []
    for number in range(3_000):
        moment = 1_000_000_000 + number * 1_000_000
        call = {"time": moment, "thread": 1, "duration": 500, "bytes": 64, "offset": number * 64, "data": "x" * 64}
        records.append((client, call | {"call": "send", "socket": 1, "asked": 64}))
        records.append((server, call | {"call": "recv", "socket": 2, "asked": 64, "time": moment + 600}))
    for process in (client, server):
        process.append("".join(json.dumps(record) + "\n" for of, record in records if of is process))
    records = None
    tracemalloc.start()
    try:
        with Trace(tmp_path) as trace:
            trace.survey()
            count = sum(len(event.arrows) for event in trace.events())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 3_000
    assert peak < 2_500_000


def test_a_trace_is_followed_while_it_grows(tmp_path):
    found = []
    client, server = conversation(tmp_path)
    with Trace(tmp_path) as trace:

        def write(line):
            found.append(line)
            if "accept" in line:
                client.call("send", 1, at=10, asked=5, bytes=5, offset=0, data="hello")
                server.append("\n\n")
                server.call("recv", 2, at=20, asked=9, bytes=5, offset=0, data="hello")
                Process(tmp_path, 30, program="third.py").call("recv", 1, at=1, begun=True)

        follow(trace, tmp_path, write, 120, False, rounds=3)
    assert any('recv(9) 5 B "hello"' in line and "╯" in line for line in found), found
    assert any("third.py 30" in line for line in found)
    assert any("recv waits" in line for line in found)


def test_colours_only_where_they_are_wanted(tmp_path):
    conversation(tmp_path)
    assert "\x1b" not in show(tmp_path)[1]
    assert "\x1b" in show(tmp_path, "--color", "always")[1]


def test_a_reader_that_goes_away_ends_it_quietly(tmp_path):
    client, _ = conversation(tmp_path)
    for number in range(20_000):
        client.write(
            time=client.tick(None), thread=1, call="send", socket=1, duration=1, bytes=1, offset=number, data="x"
        )
    with subprocess.Popen(
        [sys.executable, "-m", "polysock", "show", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as program:
        program.stdout.readline()
        program.stdout.close()
        assert program.stderr.read() == b""
        assert program.wait(PROGRAM_TIMEOUT) == 0

"""How findings are shown, listed and counted, on traces that were written by hand."""

import json

import pytest
from trace_files import Process, conversation

from polysock._trace import timeline
from polysock._trace.command import main, parse
from polysock._trace.findings import Finder, find
from polysock._trace.findings.finder import MOST_KEPT
from polysock._trace.follow import follow
from polysock._trace.model import Trace


@pytest.fixture
def show(capsys):
    """`python -m polysock show`: its exit status, output and errors."""

    def run(*arguments):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as exit:
            status = exit.code
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def findings(folder):
    with Trace(folder) as trace:
        trace.survey()
        return find(trace)


def partial_send(client, at, socket=1):
    """A send that took 3 of 10 bytes, and a close."""
    client.call("send", socket, at=at, asked=10, bytes=3, offset=0, data="abc")
    client.call("close", socket, at=at + 5)


def test_a_finding_is_shown_at_its_call_and_what_to_do_at_the_end(tmp_path, show):
    client, _ = conversation(tmp_path)
    partial_send(client, at=10)
    status, output, errors = show(tmp_path, "--width", "100")
    assert (status, errors) == (0, "")
    lines = output.splitlines()
    (place,) = [number for number, line in enumerate(lines) if "send 3 of 10 B" in line]
    text = "▲ error partial-send: send took 3 of 10 bytes, and the other 7 were never sent."
    assert lines[place + 1].strip() == text
    assert "close" in lines[place + 2]
    end = lines[lines.index("Findings: 1 error") :]
    assert end[1] == "error partial-send"
    assert end[-1] == "  docs/findings/partial-send.md"


def test_check_lists_them_and_sets_the_exit_code(tmp_path, show):
    client, _ = conversation(tmp_path)
    assert show(tmp_path, "--check") == (0, "nothing found\n", "")
    partial_send(client, at=10)
    status, output, errors = show(tmp_path, "--check")
    assert (status, errors) == (1, "")
    assert output.startswith("error partial-send  0.000010 s, client.py 20\n  send took 3 of 10 bytes")
    assert output.endswith("  docs/findings/partial-send.md\n1 error\n")
    for view in ("--mermaid", "--perfetto"):
        assert show(tmp_path, "--check", view)[0] == 1
        assert show(tmp_path, view)[0] == 0


def test_names_can_be_left_out(tmp_path, show):
    client, _ = conversation(tmp_path)
    partial_send(client, at=10)
    assert show(tmp_path, "--check", "--ignore", "partial-send") == (0, "nothing found\n", "")
    assert show(tmp_path, "--check", "--only", "partial-send")[0] == 1
    status, _, errors = show(tmp_path, "--check", "--ignore", "no-such-finding")
    assert status == 2
    assert "partial-send" in errors
    assert show(tmp_path, "--check", "--follow")[0] == 2


@pytest.mark.parametrize(
    ("view", "refused"),
    [
        ([], {"--most", "--from", "--to"}),
        (["--check"], {"--all", "--most", "--from", "--to"}),
        (["--follow"], {"--most", "--from", "--to"}),
        (["--json"], {"--all", "--most", "--from", "--to", "--width", "--color"}),
        (["--html", "/dev/null"], {"--width", "--color"}),
        (["--mermaid"], {"--from", "--to", "--width", "--color", "--ignore", "--only"}),
        (["--svg"], {"--from", "--to", "--width", "--color", "--ignore", "--only"}),
        (["--svg", "--check"], {"--from", "--to", "--width", "--color"}),
        (["--perfetto"], {"--all", "--most", "--from", "--to", "--width", "--color", "--ignore", "--only"}),
    ],
)
def test_an_option_without_effect_is_refused(tmp_path, capsys, view, refused):
    values = {"--most": "9", "--from": "0", "--to": "1", "--width": "99", "--color": "never", "--all": None}
    values |= {"--ignore": "refused", "--only": "refused"}
    for option, value in values.items():
        arguments = [str(tmp_path), *view, option, *([value] if value else [])]
        if option in refused:
            with pytest.raises(SystemExit) as ended:
                parse(arguments)
            assert ended.value.code == 2
            assert f"error: {option} " in capsys.readouterr().err
        else:
            parse(arguments)


def test_json_for_programs(tmp_path, show):
    client, _ = conversation(tmp_path)
    client.call("send", 1, at=10, asked=10, bytes=3, offset=0, data="abc")
    client.call("close", 1, at=15)
    status, output, errors = show(tmp_path, "--json")
    assert (status, errors) == (0, "")
    found = json.loads(output)
    assert found["polysock_findings"] == 1
    assert found["counts"] == {"partial-send": 1}
    (finding,) = found["findings"]
    assert set(finding) == {"name", "severity", "text", "advice", "page", "events"}
    assert (finding["name"], finding["severity"]) == ("partial-send", "error")
    send, close = finding["events"]
    expected = {"moment": 10_000, "process": "client.py", "pid": 20, "thread": 1, "call": "send", "socket": 1, "fd": 3}
    assert send == expected | {"time": 1_000_010_000}
    assert close["call"] == "close"
    assert show(tmp_path, "--json", "--check")[0] == 1


def many(folder, count):
    """Connections, one after the other, each with a finding."""
    process = Process(folder, 10)
    with open(process.path, "a", encoding="utf-8") as file:
        for number in range(count):
            socket, moment = number + 1, 1_000_000_000 + number * 1_000_000
            base = {"time": moment, "thread": 1, "socket": socket}
            peers = {"local": f"127.0.0.1:{number + 1000}", "peer": "127.0.0.1:80"}
            for record in (
                base | {"event": "socket", "how": "socket", "fd": 3, "type": "SOCK_STREAM", "family": "AF_INET"},
                base | {"call": "connect", "duration": 1, **peers},
                base | {"call": "send", "duration": 1, "asked": 2, "bytes": 1, "offset": 0, "data": "x"},
                base | {"call": "close", "duration": 1},
            ):
                file.write(json.dumps(record) + "\n")


def test_many_are_counted_and_only_some_are_kept(tmp_path, show):
    many(tmp_path, MOST_KEPT + 20)
    found = findings(tmp_path)
    assert len(found) == MOST_KEPT
    assert found.counts == {"partial-send": MOST_KEPT + 20}
    output = show(tmp_path, "--check")[1]
    assert output.endswith(f"20 more of partial-send\n{MOST_KEPT + 20} errors\n")


def test_what_is_known_of_a_connection_is_forgotten_when_it_has_ended(tmp_path):
    many(tmp_path, 300)
    with Trace(tmp_path) as trace:
        trace.survey()
        finder = Finder(trace)
        for _ in finder.watch(trace.events(sockets=True)):
            assert len(finder.sides.open()) <= 1


def test_nothing_in_a_finding_acts_on_a_terminal(tmp_path, show):
    client = Process(tmp_path, 20, program="\x1b[31m.py")
    client.socket(1, at=0)
    client.call("connect", 1, at=1, local="127.0.0.1:5000", peer="127.0.0.1:80")
    client.write(time=client.tick(2), thread=1, call="send", socket=1, asked=9, bytes=1, offset=0, at="\x1b]0;x\x07")
    client.call("close", 1, at=3)
    for arguments in (["--check"], ["--width", "80"]):
        output = show(tmp_path, *arguments)[1]
        assert "partial-send" in output
        assert "\x1b" not in output


def test_they_are_found_while_programs_run(tmp_path):
    client, _ = conversation(tmp_path)
    found = []
    with Trace(tmp_path) as trace:

        def write(line):
            found.append(line)
            if "accept" in line:
                partial_send(client, at=10)

        follow(trace, tmp_path, write, 120, False, rounds=3)
    assert any("▲ error partial-send" in line for line in found), found


def test_a_view_shows_the_findings_of_the_same_events_in_each_pass(tmp_path):
    client, _ = conversation(tmp_path)
    partial_send(client, at=10)
    with Trace(tmp_path) as trace:
        for _ in range(2):
            lines = []
            assert timeline.show(trace, lines.append, 120, False).worst == "error"
            assert sum("▲" in line for line in lines) == 1


@pytest.mark.parametrize(
    "after",
    [
        {"name": "recv", "asked": 10, "error": "ECONNRESET"},
        {"name": "recv", "asked": 10, "bytes": 0},
        {"name": "send", "asked": 7, "error": "EPIPE"},
        {"name": "send", "asked": 7, "bytes": 7, "offset": 3},
    ],
    ids=str,
)
def test_a_rest_that_could_not_be_sent_or_was_is_no_partial_send(tmp_path, after):
    client, _ = conversation(tmp_path)
    client.call("send", 1, at=10, asked=10, bytes=3, offset=0, data="abc")
    client.call(socket=1, at=12, **after)
    client.call("close", 1, at=15)
    assert "partial-send" not in findings(tmp_path).counts


def test_some_other_bytes_are_not_the_rest(tmp_path):
    client, _ = conversation(tmp_path)
    client.call("send", 1, at=10, asked=10, bytes=3, offset=0, data="abc")
    client.call("send", 1, at=12, asked=2, bytes=2, offset=3, data="xy")
    client.call("shutdown", 1, at=14, how="SHUT_WR")
    (finding,) = findings(tmp_path)
    assert "only 2 bytes were sent after that: at least 5 never were" in finding.text


def test_a_copy_that_is_closed_leaves_the_rest_to_the_other(tmp_path):
    client, _ = conversation(tmp_path)
    client.call("send", 1, at=10, asked=10, bytes=3, offset=0, data="abc")
    client.socket(2, "dup", at=11, **{"from": 1})
    client.call("close", 1, at=12)
    client.call("send", 2, at=13, asked=7, bytes=7, offset=3)
    client.call("close", 2, at=14)
    assert len(findings(tmp_path)) == 0


def wait_at_the_end(*waiting):
    for process, socket, at, call in waiting:
        process.write(time=process.tick(at), thread=1, call=call, socket=socket, asked=9, begun=True)


def test_two_receives_that_still_wait_at_the_end_have_waited_for_each_other(tmp_path):
    client, server = conversation(tmp_path)
    client.call("send", 1, at=10, asked=5, bytes=5, offset=0, data="hello")
    server.call("recv_exact", 2, at=12, asked=5, bytes=5, offset=0, data="hello")
    wait_at_the_end((client, 1, 20, "recv"), (server, 2, 30, "recv_exact"))
    (finding,) = findings(tmp_path)
    assert finding.name == "both-wait"
    assert "until the trace ended" in finding.text


def test_a_client_that_only_listens_is_no_finding(tmp_path):
    client, server = conversation(tmp_path)
    server.call("send", 2, at=10, asked=5, bytes=5, offset=0, data="hello")
    client.call("recv", 1, at=12, asked=9, bytes=5, offset=0, data="hello")
    wait_at_the_end((client, 1, 20, "recv"), (server, 2, 30, "recv"))
    assert len(findings(tmp_path)) == 0


def test_two_sends_that_still_wait_at_the_end_have_waited_for_each_other(tmp_path):
    client, server = conversation(tmp_path)
    wait_at_the_end((client, 1, 20, "sendall"), (server, 2, 30, "sendall"))
    (finding,) = findings(tmp_path)
    assert finding.name == "both-send"


def test_a_server_that_waits_for_the_next_request_of_an_idle_client_is_no_finding(tmp_path):
    client, server = conversation(tmp_path)
    client.call("send", 1, at=10, asked=5, bytes=5, offset=0, data="hello")
    server.call("recv", 2, at=12, asked=9, bytes=5, offset=0, data="hello")
    server.write(time=server.tick(20), thread=1, call="recv", socket=2, asked=9, begun=True)
    client.call("recv", 1, at=30, duration=500_000_000, asked=9, error="TimedOut")
    client.call("send", 1, at=600_000, asked=5, bytes=5, offset=5, data="hello")
    server.call("recv", 2, at=20, duration=600_000_000, asked=9, bytes=5, offset=5, data="hello")
    assert len(findings(tmp_path)) == 0


def test_a_message_of_which_only_a_part_has_arrived_is_split(tmp_path):
    client, server = conversation(tmp_path)
    client.call("sendall", 1, at=10, asked=100, bytes=100, offset=0, data="x" * 64)
    for at, place, count in ((11, 0, 60), (13, 60, 40)):
        server.call("recv", 2, at=at, asked=4096, bytes=count, offset=place, data="x" * count)
        server.call("sendall", 2, at=at + 1, asked=6, bytes=6, offset=place // 10, data="thanks")
    server.call("recv", 2, at=20, asked=4096, bytes=0)
    (finding,) = findings(tmp_path)
    assert finding.name == "split"
    assert finding.text.startswith("A message of 100 bytes was received in parts, of 60 bytes and 40 bytes")


def test_one_byte_is_singular(tmp_path):
    client, server = conversation(tmp_path)
    client.call("send", 1, at=10, asked=2, bytes=1, offset=0, data="x")
    client.call("close", 1, at=12)
    server.call("send", 2, at=14, asked=1, bytes=1, offset=0, data="x")
    server.call("recv", 2, at=16, asked=9, error="ECONNRESET")
    partial, lost = findings(tmp_path)
    assert partial.text == "send took 1 of 2 bytes, and the other 1 was never sent."
    assert lost.text.startswith("send of 1 byte succeeded, but the data was lost: the peer had closed ")


@pytest.mark.parametrize(
    ("signal", "end"),
    [
        ({}, "In plain C, SIGPIPE would have killed the program."),
        ({"sigpipe": "kills"}, "SIGPIPE killed the program."),
        ({"sigpipe": "ignored"}, "the peer had closed 1 µs earlier."),
    ],
)
def test_what_sigpipe_did_is_said_as_it_was_recorded(tmp_path, signal, end):
    client, server = conversation(tmp_path)
    client.call("close", 1, at=10)
    server.call("send", 2, at=11, asked=1, error="EPIPE", **signal)
    (finding,) = findings(tmp_path)
    assert finding.text.endswith(end)


def test_the_system_raises_sigpipe_for_streams_only(tmp_path):
    process = Process(tmp_path, 1)
    for number in (1, 2):
        process.socket(number, "socketpair", type="SOCK_SEQPACKET", family="AF_UNIX")
    process.call("close", 2, at=10)
    process.call("write", 1, at=11, asked=1, error="EPIPE")
    (finding,) = (finding for finding in findings(tmp_path) if finding.name == "write-after-end")
    assert "SIGPIPE" not in finding.text

"""`python -m polysock show --html`: what is written into the page, before a browser reads it."""

import json
import os
import re
import subprocess
import sys
import tracemalloc

import pytest
from helpers import PROGRAM_TIMEOUT
from trace_files import Process, conversation

from polysock._trace.calls import CLOSES, RECEIVES, SENDS
from polysock._trace.model import Trace
from polysock._trace.page import document
from polysock._trace.page.document import Part, data_block


def written(folder, part=None):
    pieces = []
    with Trace(folder) as trace:
        document.show(trace, pieces.append, part, wanted=lambda name: name == "partial-send")
    return "".join(pieces)


def blocks(page, name):
    found = re.findall(rf'<script type="application/json" class="{name}">(.*?)</script>', page, re.DOTALL)
    return [json.loads(block) for block in found]


def page_events(page):
    return [event for block in blocks(page, "events") for event in block]


def about(page):
    (found,) = blocks(page, "about")
    return found


def show(*arguments):
    command = [sys.executable, "-m", "polysock", "show", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PROGRAM_TIMEOUT, check=False)


def by_call(page, name):
    return [event for event in page_events(page) if event["record"].get("call") == name]


def test_an_event_has_its_text_its_times_and_its_arrows(tmp_path):
    client, server = conversation(tmp_path)
    client.call("sendall", 1, at=10, duration=4000, asked=5, bytes=5, offset=0, data="hello")
    server.call("recv", 2, at=11, duration=6000, waits=1, waited=5000, asked=99, bytes=5, offset=0, data="hello")
    page = written(tmp_path)
    (sent,), (received,) = by_call(page, "sendall"), by_call(page, "recv")
    assert (sent["begin"], sent["at"], sent["end"]) == (10_000, 10_000, 14_000)
    assert (received["begin"], received["at"], received["end"]) == (11_000, 17_000, 17_000)
    assert received["text"] == 'recv(99) 5 B "hello"'
    assert received["arrows"] == [[sent["number"], 0, 5]]
    facts = about(page)
    one, other = (facts["sockets"][event["on"]] for event in (sent, received))
    assert one["connection"] == other["connection"]
    assert facts["connections"][one["connection"]] == "127.0.0.1:5000 ⇄ 127.0.0.1:80"
    assert [lane["process"] for lane in facts["lanes"]] == ["server.py 10", "client.py 20"]


def test_an_accept_follows_the_connect_whose_connection_it_returned(tmp_path):
    conversation(tmp_path)
    page = written(tmp_path)
    (connect,), (accept,) = by_call(page, "connect"), by_call(page, "accept")
    assert about(page)["accepted"] == [[connect["number"], accept["number"]]]


def test_the_end_of_a_stream_and_a_reset_follow_the_close(tmp_path):
    client, server = conversation(tmp_path)
    client.call("shutdown", 1, at=10, how="SHUT_WR", state="FIN_WAIT2")
    server.call("recv", 2, at=12, asked=9, bytes=0, state="CLOSE_WAIT")
    client.call("close", 1, at=14, state="FIN_WAIT2", unread=3)
    server.call("send", 2, at=16, asked=1, error="EPIPE", state="CLOSED")
    page = written(tmp_path)
    (shutdown,), (close,) = by_call(page, "shutdown"), by_call(page, "close")
    assert by_call(page, "recv")[0]["links"] == [["end", shutdown["number"]]]
    assert by_call(page, "send")[0]["links"] == [["reset", close["number"]]]


def test_a_call_that_a_close_woke_follows_that_close(tmp_path):
    _, server = conversation(tmp_path)
    server.call("accept", 1, at=10, thread=2, duration=9_000, waits=1, waited=9_000, error="Closed")
    server.call("close", 1, at=15, woken=1, state="LISTEN")
    page = written(tmp_path)
    woken = next(event for event in by_call(page, "accept") if "error" in event["record"])
    assert woken["links"] == [["woken", by_call(page, "close")[0]["number"]]]


def test_a_finding_names_its_events(tmp_path):
    client, server = conversation(tmp_path)
    client.call("send", 1, at=10, asked=100, bytes=40, offset=0, data="x")
    server.call("recv", 2, at=12, asked=40, bytes=40, offset=0, data="x")
    client.call("close", 1, at=20, state="ESTABLISHED")
    page = written(tmp_path)
    (finding,) = about(page)["findings"]
    assert (finding["name"], finding["severity"]) == ("partial-send", "error")
    assert finding["events"][0] == by_call(page, "send")[0]["number"]


def test_nothing_in_a_record_can_end_the_data(tmp_path):
    nasty = '</script><script>alert(1)</script><!-- & \u2028\u2029\ud800\x00\x1b[31m "'
    process = Process(tmp_path, 1, program="</script><b>")
    process.socket(1, at=0, local=nasty)
    process.call("send", 1, at=1, asked=9, bytes=9, offset=0, data=nasty, **{nasty: [nasty, {nasty: nasty}]})
    page = written(tmp_path)
    ours = document.parts_of_page()
    data = page.removeprefix(ours[0]).removesuffix(ours[1])
    assert data.isascii()
    assert data.count("<") == data.count("<script type=") + data.count("</script>\n")
    assert by_call(page, "send")[0]["record"][nasty] == [nasty, {nasty: nasty}]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1 << 60, -(1 << 60), [[[[[[[[1]]]]]]]]])
def test_whatever_a_record_holds_is_valid_json(tmp_path, value):
    process = Process(tmp_path, 1)
    process.call("send", at=1, strange=value)
    strange = by_call(written(tmp_path), "send")[0]["record"]["strange"]
    assert json.loads(data_block("x", strange).partition(">")[2].partition("<")[0]) == strange
    assert not isinstance(strange, int)


def test_a_long_payload_is_cut(tmp_path):
    process = Process(tmp_path, 1)
    process.call("send", at=1, data="x" * 100_000, bytes=100_000)
    assert len(by_call(written(tmp_path), "send")[0]["record"]["data"]) == 4097


def test_a_part_of_the_trace(tmp_path):
    process = Process(tmp_path, 1)
    for at in range(10):
        process.call("listen", 1, at=at * 1_000_000, duration=1000)
    part = Part(begin=2_500_000_000, end=7_500_000_000, most=3)
    with Trace(tmp_path) as trace:
        pieces = []
        _, left_out = document.show(trace, pieces.append, part)
    page = "".join(pieces)
    assert [round(event["at"] / 1e9) for event in page_events(page)] == [3, 4, 5]
    assert left_out == about(page)["left_out"] == 2


def test_a_part_has_the_calls_that_went_on_during_it(tmp_path):
    process = Process(tmp_path, 1)
    second = 1_000_000_000
    process.call("recv", 1, at=0, duration=2 * second)
    process.call("recv", 1, at=2_000_000, duration=2 * second)
    process.call("recv", 1, at=4_500_000, duration=2 * second)
    process.call("recv", 1, at=9_000_000, duration=2 * second)
    process.call("recv", 1, at=500_000, thread=2, begun=True)
    page = written(tmp_path, Part(begin=3 * second, end=5 * second))
    assert [event["begin"] / second for event in page_events(page)] == [2, 4.5, 0.5]


def test_the_script_of_the_page_knows_the_calls():
    script = document.asset("trace.js")
    patterns = {kind: re.compile(pattern) for kind, pattern in re.findall(r"^  (\w+): /(.*)/,$", script, re.MULTILINE)}
    waits = {"poll", "poller", "select", "epoll_wait"}
    for kind, names in (("send", SENDS), ("receive", RECEIVES), ("close", CLOSES), ("wait", waits)):
        assert {name for name in names if not patterns[kind].match(name)} == set(), kind


def test_memory_does_not_grow_with_the_trace(tmp_path):
    def peak(count):
        folder = tmp_path / str(count)
        process = Process(folder, 1)
        lines = [
            json.dumps({"time": process.tick(at * 1000), "thread": 1, "call": "send", "socket": 1, "data": "x" * 500})
            for at in range(count)
        ]
        process.append("\n".join(lines) + "\n")
        tracemalloc.start()
        with Trace(folder) as trace, open(os.devnull, "w", encoding="utf-8") as nowhere:
            document.show(trace, nowhere.write)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    once = peak(800)  # 0.8 s: more than is kept to bring records in order
    assert peak(2_400) < 1.5 * once


def test_the_command_writes_a_file_for_its_owner(tmp_path):
    conversation(tmp_path / "run")
    done = show(tmp_path / "run", "--html", tmp_path / "out.html")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "out.html").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "out.html").read_text(encoding="utf-8").endswith("</html>\n")


def test_the_command_says_what_it_left_out_and_what_it_can_not_do(tmp_path):
    conversation(tmp_path / "run")
    done = show(tmp_path / "run", "--html", tmp_path / "out.html", "--most", 2)
    assert "the first 2 events; 2 more were left out" in done.stderr
    assert show(tmp_path / "run", "--html", tmp_path / "no" / "out.html").stderr.endswith("No such file or directory\n")
    assert "--from needs --html" in show(tmp_path / "run", "--from", "0").stderr
    assert "invalid" in show(tmp_path / "run", "--html", "x", "--from", "-1").stderr
    assert show(tmp_path / "run", "--html", "/dev/full").returncode == 1
    assert show(tmp_path / "run", "--html", "").stderr.endswith("No such file or directory\n")


def test_the_page_may_load_and_run_nothing_but_its_own(tmp_path):
    head, foot = document.parts_of_page()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', head)[1]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|@import|\bfetch\(|XMLHttpRequest", head + foot)

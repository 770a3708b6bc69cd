"""The diagrams of `show --mermaid` and `--svg`: the same for every run, short, and harmless."""

import re
import xml.etree.ElementTree as ElementTree

import pytest
from test_trace_show import show
from trace_files import Process, conversation

from polysock._trace import mermaid, svg
from polysock._trace.model import Trace


def mermaid_of(folder, **options):
    lines = []
    with Trace(folder) as trace:
        mermaid.show(trace, lines.append, **options)
    return lines


def svg_of(folder):
    lines = []
    with Trace(folder) as trace:
        svg.show(trace, lines.append)
    return "\n".join(lines)


def exchange(folder, first_pid=10, port=5000, is_server_slow=False):
    """A request and its answer, and the end."""
    client, server = (
        Process(folder, first_pid + 10, program="client.py"),
        Process(folder, first_pid, program="server.py"),
    )
    late = 20 if is_server_slow else 0
    ends = {"local": f"127.0.0.1:{port}", "peer": "127.0.0.1:40001"}
    server.call("listen", 1, at=1, backlog=5, local="127.0.0.1:40001")
    client.socket(1, at=1)
    client.call("connect", 1, at=3, to="127.0.0.1:40001", **ends)
    client.call("send", 1, at=5, asked=2, bytes=2, offset=0, data="hi")
    server.call("accept", 1, at=4 + late)
    server.socket(2, "accept", at=5 + late, local=ends["peer"], peer=ends["local"], **{"from": 1})
    server.call("recv", 2, at=6 + late, asked=9, bytes=2, offset=0, data="hi", waited=late * 1_000_000)
    server.call("close", 2, at=30)
    client.call("recv", 1, at=32, asked=9, bytes=0)


def test_a_fast_and_a_slow_run_give_the_same_diagram(tmp_path):
    exchange(tmp_path / "one")
    exchange(tmp_path / "two", first_pid=70, port=6000, is_server_slow=True)
    expected = [
        "sequenceDiagram",
        "    participant L0 as server.py",
        "    participant L1 as client.py",
        "    Note over L0: listen(5)",
        "    L1->>L0: connect(127.0.0.1:PORT) → accept",
        '    L1->>L0: send → recv(9) 2 B "hi"',
        "    L0-->>L1: close → recv(9) end of stream",
    ]
    assert mermaid_of(tmp_path / "one") == expected
    assert mermaid_of(tmp_path / "two") == expected


def test_what_arrives_together_or_in_parts_is_seen(tmp_path):
    client, server = conversation(tmp_path)
    for at, data in ((10, "ab"), (11, "cd")):
        client.call("send", 1, at=at, asked=2, bytes=2, offset=(at - 10) * 2, data=data)
    server.call("recv", 2, at=12, asked=9, bytes=4, offset=0, data="abcd")
    client.call("send", 1, at=20, asked=4, bytes=4, offset=4, data="efgh")
    server.call("recv", 2, at=22, asked=2, bytes=2, offset=4, data="ef")
    server.call("recv", 2, at=23, asked=9, bytes=2, offset=6, data="gh")
    assert mermaid_of(tmp_path)[-5:] == [
        '    L1->>L0: send 2 B "ab"',
        '    L1->>L0: send 2 B "cd"',
        '    Note over L0: recv(9) 4 B "abcd" = 2 sends (2 + 2)',
        '    L1->>L0: send 4 B "efgh"',
        '    Note over L0: recv(2) 2 B "ef" of 4 sent<br/>recv(9) 2 B "gh" of 4 sent',
    ]


def test_a_program_that_talks_to_itself_has_a_column_for_each_socket(tmp_path):
    process = Process(tmp_path, 1)
    at = 0
    for port in (5000, 5001):
        at += 10
        process.call("listen", port, at=at, backlog=5, local="127.0.0.1:40001")
        process.socket(port + 10, at=at + 1)
        ends = {"local": f"127.0.0.1:{port}", "peer": "127.0.0.1:40001"}
        process.call("connect", port + 10, at=at + 2, to="127.0.0.1:40001", **ends)
        process.call("accept", port, at=at + 3)
        process.socket(port + 20, "accept", at=at + 4, local=ends["peer"], peer=ends["local"], **{"from": port})
        for number, ends_it in ((port, "close"), (port + 10, "abort"), (port + 20, "close")):
            process.call(ends_it, number, at=at + 5)
    lines = mermaid_of(tmp_path)
    assert [line.partition(" as ")[2] for line in lines if " as " in line] == [
        "listening socket",
        "connecting socket",
        "accepted socket",
    ]
    assert lines.count("    L1->>L0: connect(127.0.0.1:PORT) → accept") == 2


@pytest.mark.parametrize(("got", "error"), [(0, "EndOfStream"), (2, "Truncated")])
def test_an_incomplete_message_comes_from_the_close_and_is_red(tmp_path, got, error):
    client, server = conversation(tmp_path)
    if got:
        client.call("send", 1, at=10, asked=got, bytes=got, offset=0, data="x" * got)
    client.call("close", 1, at=11, state="ESTABLISHED")
    server.call("recv_exact", 2, at=12, asked=4, bytes=got, offset=0, error=error)
    lines = mermaid_of(tmp_path)
    assert any(line.startswith("    L1-->>L0: close") for line in lines)
    assert f"recv_exact(4) {error}" in lines[-1]
    assert "end of stream" not in lines[-1]
    (text,) = re.findall(r'<text class="([^"]*)"[^>]*>[^<]*recv_exact', svg_of(tmp_path))
    assert "error" in text


def test_what_is_repeated_is_shown_once(tmp_path):
    client, server = conversation(tmp_path)
    for number in range(20):
        at = 10 + 4 * number
        client.call("send", 1, at=at, asked=1, bytes=1, offset=number, data=chr(97 + number))
        server.call("recv", 2, at=at + 1, asked=9, bytes=1, offset=number, data=chr(97 + number))
        server.call("send", 2, at=at + 2, asked=2, bytes=2, offset=number * 2, data="ok")
        client.call("recv", 1, at=at + 3, asked=9, bytes=2, offset=number * 2, data="ok")
    assert mermaid_of(tmp_path)[-4:] == [
        "    loop 20 times",
        '        L1->>L0: send → recv(9) 1 B "a"',
        '        L0->>L1: send → recv(9) 2 B "ok"',
        "    end",
    ]
    assert "20 times" in svg_of(tmp_path)


def test_a_part_says_that_it_is_one(tmp_path):
    client, _ = conversation(tmp_path)
    for number in range(400):
        call = "send" if number % 3 else f"call{number}"
        client.call(call, 1, at=10 + number, asked=1, bytes=1, offset=number, data="x")
    status, output, _ = show(tmp_path, "--mermaid", "--most", "9")
    assert status == 0
    assert "call3" in output
    assert "call99" not in output
    assert output.endswith("    Note over L0,L1: the rest is not shown\n")
    assert "the rest is not shown" in show(tmp_path, "--svg", "--most", "9")[1]
    assert "the rest is not shown" not in svg_of(tmp_path)


def test_a_child_has_the_ends_that_its_parent_had(tmp_path):
    parent = Process(tmp_path, 1)
    parent.socket(1, "socketpair", at=0, family="AF_UNIX", local="unix:", peer="unix:")
    parent.socket(2, "socketpair", at=0, family="AF_UNIX", local="unix:", peer="unix:", **{"from": 1})
    child = Process(tmp_path, 2, forked_from=parent.path.name)
    child.socket(2, "seen", at=2, family="AF_UNIX", local="unix:", peer="unix:")
    parent.call("send", 1, at=3, asked=2, bytes=2, offset=0, data="hi")
    child.call("recv", 2, at=4, asked=9, bytes=2, offset=0, data="hi")
    assert mermaid_of(tmp_path)[-1] == '    L0->>L1: send → recv(9) 2 B "hi"'


def test_a_picture_is_xml_and_shows_what_was_sent_as_text(tmp_path):
    client, server = conversation(tmp_path)
    attack = "<script>&\x1b]\x00]]>\u202e"
    client.call("send", 1, at=10, asked=20, bytes=20, offset=0, data=attack)
    server.call("recv", 2, at=12, asked=20, bytes=20, offset=0, data=attack)
    Process(tmp_path, 30, program=f"/{attack}").call("recv", 1, at=1, error=attack)
    picture = ElementTree.fromstring(svg_of(tmp_path))
    tags = {element.tag.rpartition("}")[2] for element in picture.iter()}
    assert tags <= {"svg", "title", "style", "rect", "path", "text"}
    assert any("<script>&\\x1b" in (element.text or "") for element in picture.iter())


@pytest.mark.parametrize("view", ["--mermaid", "--svg"])
def test_a_trace_without_calls_gives_a_diagram(tmp_path, view):
    Process(tmp_path, 1)
    status, output, errors = show(tmp_path, view)
    assert (status, errors) == (0, "")
    assert re.search("sequenceDiagram|<svg", output)


def test_options_that_are_set_are_in_it_if_wanted(tmp_path):
    client, _ = conversation(tmp_path)
    client.call("setsockopt", 1, at=10, level=6, option="TCP_NODELAY", value=1)
    client.call("getsockopt", 1, at=11, level=6, option="TCP_NODELAY")
    client.call("send", 1, at=12, asked=2, bytes=2, offset=0, data="hi")
    wanted, quiet = ("\n".join(mermaid_of(tmp_path, options=wanted)) for wanted in (True, False))
    assert "setsockopt(TCP_NODELAY, 1)" in wanted
    assert "getsockopt" not in wanted
    assert "setsockopt" not in quiet

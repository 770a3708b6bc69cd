"""Scenario files: malformed ones are refused with their place, and those shipped are well formed."""

import re

import pytest

from runner.known import Known
from runner.scenario import CAPABILITIES, COMMANDS, FEATURES, Malformed, load

from .stage import CONFORMANCE, HEADER


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("client: open_fd\n", "area.txt:1: a file begins with"),
        ("scenario: One\n", "area.txt:1: a name has"),
        ("scenario: one\nshows: x\nclient: open_fd\n", "area.txt:1: one has no 'source:'"),
        (HEADER, "area.txt:1: one has no steps"),
        (HEADER + "shows: again\n", "area.txt:4: a second 'shows:'"),
        (HEADER + "needs: magic\n", "area.txt:4: no capability called magic"),
        (HEADER + "client: open_fd\nneeds: abort\n", "area.txt:5: 'needs:' after the first step"),
        (HEADER + "nonsense\n", "area.txt:4: expected 'word: text'"),
        (HEADER + "peer: open_fd\n", "area.txt:4: neither a field nor a step"),
        (HEADER + "wait client: open_fd\n", "area.txt:4: neither a field nor a step"),
        (HEADER + "given: nothing\n", "area.txt:4: nothing called 'nothing'"),
        (HEADER + "client: opne_fd\n", "area.txt:4: no command called 'opne_fd'"),
        (HEADER + "client: socket c\n", "area.txt:4: socket takes 2 or 3 arguments, not 1"),
        (HEADER + "client: socket c inet peek\n", "area.txt:4: socket has no option 'peek'"),
        (HEADER + "client: close c\n", "area.txt:4: no handle 'c' in the client"),
        (HEADER + "server: socket c inet\nclient: close c\n", "area.txt:5: no handle 'c' in the client"),
        (HEADER + "client: socket c inet\nclient: socket c inet\n", "area.txt:5: the handle 'c' exists"),
        (HEADER + "client: close_fd $fd\n", "area.txt:4: $fd has no value yet"),
        (HEADER + "client: open_fd -> ok fd>$fd\n", "area.txt:4: $fd has no value yet"),
        (HEADER + "client: open_fd -> fine\n", "area.txt:4: expected 'ok …' or 'error NAME …'"),
        (HEADER + "client: open_fd -> ok fd=3 late\n", "area.txt:4: 'late' after a condition"),
        (HEADER + "client: socket c inet\nclient: send c 'x\n", "area.txt:5: a quote is not closed"),
        (HEADER + "client: join r\n", "area.txt:4: nothing was started as 'r'"),
        (HEADER + "blocked client: r\n", "area.txt:4: nothing was started as 'r'"),
        (HEADER + "blocked client: r -> ok\n", "area.txt:4: 'blocked ROLE: LABEL' takes"),
        (HEADER + "client: start r\n", "area.txt:4: start LABEL COMMAND"),
        (HEADER + "client: socket c inet\nclient: abort c\n", "area.txt:5: abort c without 'needs: abort'"),
        (HEADER + "client: socket c inet\nclient: get c timeout\n", "area.txt:5: get c timeout without 'needs: get_timeout'"),
        (HEADER + "client: socket c unix\n", "area.txt:4: socket c unix without 'needs: unix'"),
        (HEADER + "client: socket c inet dgram\n", "area.txt:4: socket c inet dgram without 'needs: datagram'"),
        (HEADER + "needs: unix\nclient: socketpair a b dgram\n", "area.txt:5: socketpair a b dgram without 'needs: datagram'"),
        (HEADER + "client: socket c inet\nclient: connect c /path\n", "area.txt:5: connect c /path without 'needs: unix'"),
        (HEADER + "client: socket c inet\nclient: sendto c 'x' 127.0.0.1 9\n", "without 'needs: datagram'"),
        (HEADER + "client: socket c inet\nclient: setsockopt c TCP_CORK 1\n", "without 'needs: cork'"),
        (HEADER + "client: socket c inet\nclient: dup c c\n", "area.txt:5: dup c c without 'needs: dup'"),
        (HEADER + "needs: dup\nclient: socket c inet\nclient: dup c c\n", "area.txt:6: the handle 'c' exists"),
        (HEADER + "needs: unix\nclient: socketpair a a stream\n", "area.txt:5: the handle 'a' exists"),
        (HEADER + "needs: datagram\nclient: socket c inet dgram\nclient: recvfrom c 1 -> ok trunc=on\n", "area.txt:6: trunc="),
        (HEADER + "server: serve_messages m\n", "area.txt:4: serve_messages m without 'needs: message_server'"),
        (HEADER + "needs: message_server\nserver: push m 'x'\n", "area.txt:5: no handle 'm' in the server"),
        (HEADER + "client: socket c inet trunc\n", "area.txt:4: socket has no option 'trunc'"),
        (HEADER + "wire: client FYN\n", "area.txt:4: no segment: 'client FYN'"),
        (HEADER + "wire: FIN\n", "area.txt:4: no segment: 'FIN'"),
        (HEADER + "wire: client data:0\n", "area.txt:4: no segment: 'client data:0'"),
        (HEADER + "wire: client FIN, server FIN\n", "area.txt:4: no segment"),
        (HEADER + "wire: nothing; client FIN\n", "area.txt:4: no segment: 'nothing'"),
        (HEADER + "wire: client FIN ->\n", "area.txt:4: no segment"),
        (HEADER + "wire 80: client FIN\n", "area.txt:4: expected 'wire: SEGMENTS' or 'wire $port: SEGMENTS'"),
        (HEADER + "wire $port: client FIN\n", "area.txt:4: $port has no value yet"),
        (HEADER + "client: open_fd\n" + HEADER + "client: open_fd\n", "area.txt:5: the name one is taken by area.txt:1"),
    ],
)
def test_each_is_refused_with_its_place(stage, text, message):
    with pytest.raises(Malformed) as caught:
        stage.load(text)
    assert message in str(caught.value)


def test_scenarios_and_known_differences_are_well_formed():
    scenarios = load(CONFORMANCE / "scenarios")
    assert len(scenarios) >= 40
    Known(CONFORMANCE / "known_differences.txt", scenarios, ["witness"])


def test_readme_describes_every_command_and_capability():
    text = (CONFORMANCE / "README.md").read_text()
    for name in set(COMMANDS) | CAPABILITIES | set(FEATURES) | {"wire", "hello", "reset", "quit", "start"}:
        assert re.search(rf"`{name}\b", text), name

"""Scenario files: malformed ones are refused with their place, and those shipped are well formed."""

import unittest

from runner.known import Known
from runner.scenario import CAPABILITIES, COMMANDS, FEATURES, Malformed, load

from .fake import CONFORMANCE, HEAD, Case


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


class Shipped(unittest.TestCase):
    def test_scenarios_and_known_differences_are_well_formed(self):
        scenarios = load(CONFORMANCE / "scenarios")
        self.assertGreaterEqual(len(scenarios), 40)
        Known(CONFORMANCE / "known_differences.txt", scenarios, ["witness"])

    def test_readme_describes_every_command_and_capability(self):
        text = (CONFORMANCE / "README.md").read_text()
        for name in set(COMMANDS) | CAPABILITIES | set(FEATURES) | {"wire", "hello", "reset", "quit", "start"}:
            self.assertRegex(text, rf"`{name}\b", name)

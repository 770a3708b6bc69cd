"""What the tests of the runner share: a driver that answers from a table, and a stage to play with it."""

import json
import pathlib
import shlex
import sys
import textwrap

from runner.known import Known
from runner.play import Pair
from runner.scenario import load

CONFORMANCE = pathlib.Path(__file__).resolve().parent.parent
REAL_DRIVER = f"{shlex.quote(sys.executable)} {shlex.quote(str(CONFORMANCE / 'drivers' / 'python' / 'driver.py'))} --module socket"

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

HEADER = "scenario: one\nshows: something\nsource: somewhere\n"
GIVEN = (CONFORMANCE / "scenarios" / "given.txt").read_text()
TWO_SCENARIOS = HEADER + "client: open_fd\n\nscenario: two\nshows: something\nsource: somewhere\nclient: exhaust\n"


class Stage:
    """Plays scenarios that a test has written, in a directory."""

    def __init__(self, directory):
        self.directory = directory
        (directory / "fake.py").write_text(FAKE)

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
        return self.play(HEADER + textwrap.dedent(steps), client, **options)[0]

"""What a run has finished, in a file from which the next run continues: all faults take hours."""

import json
import pathlib
import threading


class OtherRun(Exception):
    """The file is that of a run of other faults."""


class Finished:
    """The scenarios whose faults have all been played, and how those plays ended."""

    def __init__(self, path, faults):
        """`faults` says which ones the run plays; nothing is kept without a path."""
        self.path, self.lock, self.plays = path and pathlib.Path(path), threading.Lock(), {}
        if self.path is None:
            return
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        if not lines:
            self.path.write_text(json.dumps(faults) + "\n", encoding="utf-8")
        elif json.loads(lines[0]) != faults:
            raise OtherRun(f"{path} is of a run of other faults: {lines[0]}")
        for line in lines[1:]:
            language, role, scenario, outcomes = json.loads(line)
            self.plays[language, role, scenario] = outcomes

    def outcomes(self, language, role, scenario):
        """How often each outcome was seen, or None for one that was not finished."""
        return self.plays.get((language, role, scenario))

    def forget(self):
        """At the end of the whole run."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def add(self, language, role, scenario, outcomes):
        if self.path is None:
            return
        with self.lock, self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([language, role, scenario, outcomes]) + "\n")

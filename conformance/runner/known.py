"""known_differences.txt: failures that are expected, with their reason."""

import pathlib
from dataclasses import dataclass

from .scenario import Malformed


@dataclass
class Entry:
    driver: str
    role: str  # "server", "client" or "" for either
    scenario: str
    reason: str
    place: str


class Known:
    """The entries; exact, so entries for what does not exist are refused."""

    def __init__(self, path, scenarios, drivers):
        self.entries, names, declared = [], {s.name for s in scenarios}, set(drivers)
        path = pathlib.Path(path)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        for number, line in enumerate(lines, 1):
            place = f"{path.name}:{number}"
            if line.startswith("drivers:"):
                declared |= set(line.partition(":")[2].split())
            elif line.strip() and not line.startswith("#"):
                self.entries.append(read(line, place))
        for entry in self.entries:
            if entry.scenario not in names:
                raise Malformed(f"{entry.place}: no scenario called {entry.scenario}")
            if entry.driver not in declared:
                raise Malformed(f"{entry.place}: no driver called {entry.driver}")

    def find(self, scenario, server, client):
        for entry in self.entries:
            sides = [server] * (entry.role != "client") + [client] * (entry.role != "server")
            if entry.scenario == scenario and entry.driver in sides:
                return entry
        return None


def read(line, place):
    words = line.split(None, 2)
    if len(words) < 3:
        raise Malformed(f"{place}: expected 'DRIVER[/ROLE] SCENARIO reason', got {line!r}")
    driver, _, role = words[0].partition("/")
    if role not in ("", "server", "client"):
        raise Malformed(f"{place}: no role called {role}")
    return Entry(driver, role, words[1], words[2], place)

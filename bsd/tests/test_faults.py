"""Plain C programs with a fault earn its finding, with the file and line of the call."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent / "programs/faults.c"

# The fault, what is found, and how the program ends.
FAULTS = [
    ("write-after-end", "error write-after-end", -signal.SIGPIPE),
    ("after-shutdown", "error write-after-end", -signal.SIGPIPE),
    ("partial-send", "note partial-send", 0),
    ("truncated-datagram", "warning truncated-datagram", 0),
    ("both-wait", "error both-wait", 0),
    ("reset-by-unread", "warning reset-by-unread", 0),
    ("address-in-use", "error address-in-use", 0),
    ("refused", "warning refused", 0),
    ("leaked", "note leaked", 0),
]


def line_of(fault):
    """The line that ends with the fault's name."""
    lines = SOURCE.read_text().splitlines()
    (number,) = [number for number, line in enumerate(lines, 1) if line.endswith(f"/* {fault} */")]
    return number


def found(layer):
    command = [sys.executable, "-m", "polysock", "show", layer.folder / "trace", "--json"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(shown.stdout)["findings"]


@pytest.mark.parametrize(("fault", "expected", "status"), FAULTS, ids=lambda value: str(value))
def test_a_fault_is_found_in_its_line(fault, expected, status, layer, compiled):
    finished, _ = layer.traced(compiled("faults", "-g", "-O0"), fault)
    assert finished.returncode == status
    (finding,) = found(layer)
    assert f"{finding['severity']} {finding['name']}" == expected
    places = {Path(event["at"]).name for event in finding["events"] if "at" in event}
    assert f"{SOURCE.name}:{line_of(fault)}" in places
    if status == -signal.SIGPIPE:
        assert finding["text"].endswith("SIGPIPE killed the program.")
        assert ("shutdown" in finding["text"]) == (fault == "after-shutdown")


def test_none_is_found_in_a_right_program(layer, compiled):
    finished, _ = layer.traced(compiled("faults", "-g", "-O0"), "none")
    assert finished.returncode == 0
    assert found(layer) == []

"""Descriptors that are replaced, passed, inherited and closed in bulk, and programs that are started."""

import pytest
from conftest import calls, needs_glibc


def closes_of(records):
    return calls([record for of_process in records.values() for record in of_process], "close")


@pytest.mark.parametrize(
    "way",
    ["not-replaced", "stdio", "select", "passed", "activated", "daemons", "spawned", "closed-by-another-thread"],
)
def test_a_program_does_the_same(way, same, compiled):
    finished, _ = same(compiled("descriptors"), way)
    assert finished.returncode == 0


@pytest.mark.parametrize(("way", "by"), [("replaced", "dup2"), ("replaced-by-a-socket", "dup3")])
def test_a_socket_that_a_duplicate_replaces_is_closed_there(way, by, same, compiled):
    _, records = same(compiled("descriptors"), way)
    (close,) = [record for record in closes_of(records) if record.get("by") == by]
    assert not any(record.get("unseen") for record in closes_of(records))
    (end, *_) = [record for record in next(iter(records.values())) if record.get("bytes") == 0]
    assert close["time"] + close["duration"] <= end["time"] + end["duration"]


def test_what_the_replaced_socket_had_not_received_is_recorded(same, compiled):
    _, records = same(compiled("descriptors"), "replaced-unread")
    (close,) = [record for record in closes_of(records) if record.get("by")]
    assert close["unread"] == 6


@pytest.mark.parametrize("way", ["passed-unread", "spawned-unread", "system-unread"])
def test_a_close_of_a_socket_that_another_process_has_resets_nothing(way, same, compiled):
    _, records = same(compiled("descriptors"), way)
    by_time = sorted(closes_of(records), key=lambda record: record["time"])
    close = next(record for record in by_time if record.get("shared"))
    assert "unread" not in close
    assert not [record for record in by_time if record.get("unread")]


def test_a_duplicate_that_fails_closes_nothing(layer, compiled):
    _, records = layer.traced(compiled("descriptors"), "not-replaced")
    assert not [record for record in closes_of(records) if record.get("by")]
    (of_process,) = records.values()
    assert [record["bytes"] for record in calls(of_process, "write", "read")] == [5, 5]
    assert not [record for record in of_process if record.get("how") in ("seen", "dup")]


@needs_glibc
def test_ranges_close_what_is_in_them(layer, compiled):
    _, records = layer.traced(compiled("descriptors"), "daemons")
    by = [record["by"] for record in closes_of(records) if record.get("by")]
    assert by.count("closefrom") == 3
    assert by.count("close_range") == 5
    assert not any(record.get("unseen") for record in closes_of(records))


def test_records_never_get_into_the_programs_files(same_anyhow, compiled):
    finished, (text,) = same_anyhow(compiled("descriptors"), "own-numbers")
    assert finished.stdout == "0 files were written to\n"
    assert text.count("\n") > 8000


def test_programs_that_are_started_in_any_way(same, compiled):
    finished, records = same(compiled("execs"))
    lines = finished.stdout.splitlines()
    assert len(lines) == 15
    assert {line.partition(": ")[2] for line in lines} == {"5 child, exit 9"}
    # Those whose environment is cleared or replaced are not recorded.
    reads = [calls(of_process, "read") for of_process in records.values()]
    assert sum(bool(read) for read in reads) == 8

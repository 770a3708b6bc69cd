"""How threads and programs end, with calls in the last moments; small stacks."""

import re
import signal

import pytest
from conftest import calls


def of_all(records):
    return [record for of_process in records.values() for record in of_process]


@pytest.mark.parametrize(
    ("way", "status"),
    [
        ("exit", 12),
        ("quick-exit", 13),
        ("_exit", 14),
        ("abort", -signal.SIGABRT),
        ("abort-handler", -signal.SIGABRT),
        ("main-thread", 15),
        ("threads", 0),
        ("many-keys", 0),
        ("many-threads", 0),
        ("exit-in-the-middle", 16),
        ("longjmp", -signal.SIGPIPE),
    ],
)
def test_the_last_calls_are_made_and_recorded(way, status, same, compiled):
    finished, records = same(compiled("ends"), way)
    assert finished.returncode == status
    talks = re.findall(r" \d+ \d+$", finished.stdout, re.MULTILINE)
    if "middle" not in way and way not in ("longjmp", "many-threads"):
        sent = [record for record in calls(of_all(records), "write") if "bytes" in record]
        assert len(sent) == len(talks)


def test_calls_of_exit_handlers_leave_nothing_open(same, compiled):
    _, records = same(compiled("ends"), "exit")
    closes = calls(of_all(records), "close")
    assert len(closes) == 3
    assert not any(record.get("unseen") for record in closes)
    assert of_all(records)[-1]["event"] == "exit"


def test_processes_that_are_killed_in_the_middle_of_records(same_anyhow, compiled, layer):
    finished, _ = same_anyhow(compiled("ends"), "killed-in-the-middle")
    assert finished.stdout == "9" * 20 + "\n"
    from polysock._trace.reader import open_folder

    files, troubles = open_folder(layer.folder / "trace")
    assert not troubles
    for file in files:
        list(file.records())
        assert file.unreadable == 0
        file.close()


@pytest.mark.parametrize("way", ["alternate", "threads"])
def test_small_stacks_are_large_enough(way, same, compiled):
    finished, records = same(compiled("stacks", "-Wl,-z,now"), way)
    assert finished.returncode == 0
    assert {"sendmmsg", "select", "close", "epoll_wait"} < {record.get("call") for record in of_all(records)}

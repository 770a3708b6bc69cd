"""What the records say."""

import json
import signal
import subprocess
import sys

from conftest import calls


def only(records):
    (of_process,) = records.values()
    return of_process


def names(records):
    return [record["call"] for record in records if "call" in record and not record.get("begun")]


def shown(layer):
    command = [sys.executable, "-m", "polysock", "show", layer.folder / "trace"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def test_a_conversation(layer, compiled):
    finished, records = layer.traced(compiled("echo"), "2")
    assert finished.stdout == "done 0\n"
    server, client = records.values() if "bind" in names(next(iter(records.values()))) else reversed(records.values())
    assert names(server) == ["socket", "bind", "listen", "getsockname", "accept"] + ["recv", "send"] * 2 + [
        "recv",
        "close",
        "close",
    ]
    assert names(client) == ["socket", "connect"] + ["write", "read"] * 2 + ["close"]
    first, second, end = calls(server, "recv")
    assert (first["bytes"], first["offset"], first["data"], first["asked"]) == (5, 0, "hello", 100)
    assert (second["offset"], end["bytes"]) == (5, 0)
    assert (calls(client, "write")[1]["offset"], calls(client, "read")[1]["offset"]) == (5, 5)
    (connect,), (bind,) = calls(client, "connect"), calls(server, "bind")
    assert connect["to"] == bind["local"]
    assert connect["state"] == "ESTABLISHED"
    accepted = [record for record in server if record.get("how") == "accept"]
    assert [record["peer"] for record in accepted] == [connect["local"]]


def test_a_file_names_the_program(layer, compiled):
    layer.traced(compiled("ways"), "dup")
    (file,) = (layer.folder / "trace").iterdir()
    assert json.loads(file.read_text().partition("\n")[0])["program"] == f"{compiled('ways')} dup"


def test_both_ends_are_joined(layer, compiled):
    layer.traced(compiled("echo"), "20")
    diagram = shown(layer)
    assert diagram.count("◀") + diagram.count("▶") == 40
    assert "end of stream" in diagram


def test_a_call_that_waits_is_recorded_before_it_ends(layer, compiled):
    _, records = layer.traced(compiled("ways"), "wait")
    timed, killed = [record for record in only(records) if record.get("call") == "recv" and record.get("begun")]
    (ended,) = calls(only(records), "recv")
    assert (ended["time"], ended["error"], ended["waits"]) == (timed["time"], "EAGAIN", 1)
    assert ended["waited"] >= ended["timeout"] * 0.9 >= 20_000_000
    assert killed["time"] > ended["time"]


def test_no_record_is_older_than_its_file(layer, compiled):
    layer.traced(compiled("echo"), "1")
    for path in (layer.folder / "trace").iterdir():
        header, *records = [json.loads(line) for line in path.read_text().splitlines() if line]
        assert all(record["time"] >= header["time"] for record in records)


def test_a_program_that_sigpipe_ends_has_its_last_call_recorded(layer, compiled):
    finished, records = layer.traced(compiled("ways"), "sigpipe")
    assert finished.returncode == -signal.SIGPIPE
    assert finished.stdout == ""
    (send,) = calls(only(records), "send")
    assert (send["error"], send["sigpipe"]) == ("EPIPE", "kills")
    assert "send EPIPE, SIGPIPE kills the program" in shown(layer)


def test_duplicates_share_a_stream(layer, compiled):
    _, records = layer.traced(compiled("ways"), "dup")
    writes = calls(only(records), "write")
    assert [record["offset"] for record in writes] == [0, 3, 6]
    assert len({record["socket"] for record in writes}) == 3
    events = {record["socket"]: record for record in only(records) if record.get("event") == "socket"}
    assert [events[record["socket"]]["how"] for record in writes] == ["socket", "dup", "dup"]
    closes = calls(only(records), "close")
    assert len(closes) == 5  # the listener's, too
    assert not any(record.get("unseen") for record in closes)


def test_a_stream_that_is_closed_closes_the_socket(layer, compiled):
    _, records = layer.traced(compiled("ways"), "fclose")
    closes = calls(only(records), "close")
    connected = calls(only(records), "connect")[0]["socket"]
    assert connected in [record["socket"] for record in closes]
    assert not calls(only(records), "write")


def test_closes_that_were_not_seen_are_noticed(layer, compiled):
    _, records = layer.traced(compiled("ways"), "unseen")
    unseen = [record for record in calls(only(records), "close") if record.get("unseen")]
    connected = [record["socket"] for record in calls(only(records), "connect")]
    assert connected[0] in [record["socket"] for record in unseen]
    (write,) = calls(only(records), "write")
    assert (write["socket"], write["offset"]) == (connected[1], 0)


def test_a_child_of_vfork_changes_nothing(layer, compiled):
    _, records = layer.traced(compiled("ways"), "vfork")
    assert len(calls(only(records), "close")) == 1  # the listener's
    (write,), (read,) = calls(only(records), "write"), calls(only(records), "read")
    assert read["data"] == write["data"] == "whole"
    assert not [record for record in only(records) if record.get("how") == "seen"]


def test_a_close_says_what_was_not_received_only_while_it_has_the_socket_alone(layer, compiled):
    _, records = layer.traced(compiled("ways"), "unread")
    assert calls(only(records), "close")[-1]["unread"] == 6
    layer.folder = layer.folder / "second"
    layer.folder.mkdir()
    _, records = layer.traced(compiled("ways"), "shared")
    close = calls(only(records), "close")[-1]
    assert "unread" not in close
    assert close["shared"] is True


def test_a_peek_takes_nothing_out_of_the_stream(layer, compiled):
    _, records = layer.traced(compiled("ways"), "peek")
    peek, taken, nothing = calls(only(records), "recv")
    assert (peek["found"], peek["data"], peek["flags"]) == (4, "peek", "MSG_PEEK")
    assert "bytes" not in peek
    assert (taken["bytes"], taken["offset"], taken["timeout"]) == (6, 0, 0)
    assert nothing["error"] == "EAGAIN"


def test_a_port_in_use_is_named(layer, compiled):
    _, records = layer.traced(compiled("ways"), "port")
    bind = calls(only(records), "bind")[-1]
    assert bind["error"] == "EADDRINUSE"
    assert "ESTABLISHED" in bind["in_use"]


def test_how_much_data_is_recorded(layer, compiled):
    layer.run(compiled("echo"), "1", options=("--trace", layer.folder / "trace", "--data", "2"))
    text = "".join(file.read_text() for file in (layer.folder / "trace").iterdir())
    assert '"data":"he"' in text
    assert "hello" not in text


def test_programs_without_sockets_leave_no_file(layer):
    finished = layer.run("sh", "-c", "echo hello; true | cat", options=("--trace", layer.folder / "trace"))
    assert finished.stdout == "hello\n"
    assert list((layer.folder / "trace").iterdir()) == []

"""Reading files of traces while they are written, and whatever else they contain."""

import json
import tracemalloc

import pytest
from trace_files import SECOND, Process, Window

from polysock._trace import reader
from polysock._trace.reader import TraceFile


def line(number, **fields):
    record = {"time": SECOND + number, "thread": 1, "call": "send", "socket": 1, **fields}
    return json.dumps(record).encode() + b"\n"


def new(file):
    return [record["time"] - SECOND for record in file.records()]


@pytest.fixture
def live(tmp_path):
    window = Window(tmp_path)
    file = TraceFile(window.path)
    yield window, file
    file.close()


def test_records_that_take_the_place_of_empty_lines_are_read_once(live):
    window, file = live
    assert new(file) == []
    number = 0
    for count in (1, 1, 2, 50, 100, 1):
        window.put(b"".join(line(number + place) for place in range(count)))
        assert new(file) == list(range(number, number + count))
        assert new(file) == []
        number += count
    window.finish()
    assert new(file) == []
    file.rewind()
    assert new(file) == list(range(number))
    assert file.unreadable == 0


@pytest.mark.parametrize("pieces", [(0, 1), (1, 0), (0, 2, 1), (2, 0, 1), (1, 2, 0)])
def test_a_record_that_is_being_copied_is_read_when_it_is_complete(live, pieces):
    window, file = live
    window.put(line(0))
    assert new(file) == [0]
    text = line(1, sent=[{"bytes": 1}], data="x" * 3000)
    size = -(-len(text) // len(pieces))
    begin = window.used
    for place in pieces:
        assert new(file) == []
        window.put(text[place * size : (place + 1) * size], at=begin + place * size)
    window.used += len(text)
    window.put(line(2))
    assert new(file) == [1, 2]
    assert file.unreadable == 0


@pytest.mark.parametrize("missing", [(0, 60), (0, 200), (100, 150), (30, 31), (0, 4096)])
def test_bytes_that_were_written_while_those_behind_them_were_read(live, monkeypatch, missing):
    window, file = live
    window.put(b"".join(line(number) for number in range(100)))
    read, (begin, end) = reader.os.pread, missing

    def too_early(*arguments):
        monkeypatch.setattr(reader.os, "pread", read)
        chunk = read(*arguments)
        return chunk[:begin] + b"\n" * (end - begin) + chunk[end:]

    monkeypatch.setattr(reader.os, "pread", too_early)
    assert new(file) == list(range(100))
    assert file.unreadable == 0


def test_what_a_killed_process_was_copying_is_no_error(live):
    window, file = live
    window.put(line(0) + b'{"time":1,"thr')
    assert new(file) == [0]
    assert file.unreadable == 0


def test_garbage_is_counted_once(live):
    window, file = live
    window.put(line(0) + b"garbage\n[1]\n" + line(1) + b'{"time":"1"}\n')
    assert new(file) == [0, 1]
    assert new(file) == []
    assert file.unreadable == 3
    window.put(b"more\n" * 5 + line(2))
    assert new(file) == [2]
    assert file.unreadable == 8


def test_a_large_file_of_garbage_is_read_in_little_memory(tmp_path):
    process = Process(tmp_path, 1)
    with open(process.path, "ab") as file:
        for _ in range(10):
            file.write(b"garbage\n" * 10_000)
    process.append(line(1).decode())
    file = TraceFile(process.path)
    tracemalloc.start()
    assert new(file) == [1]
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()
    assert file.unreadable == 100_000
    file.close()


def test_long_lines_and_many(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "CHUNK", 1000)
    process = Process(tmp_path, 1)
    lengths = [0, 1, 5000, 900, 1000, 1001, *range(990, 1010), 20_000, 3]
    for number, length in enumerate(lengths):
        process.append(line(number, data="x" * length).decode())
    file = TraceFile(process.path)
    assert new(file) == list(range(len(lengths)))
    file.close()


def test_a_line_without_end_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "CHUNK", 1000)
    monkeypatch.setattr(reader, "LONGEST_LINE", 10_000)
    process = Process(tmp_path, 1)
    process.append(line(0).decode() + "x" * 50_000 + "\n" + line(1).decode())
    file = TraceFile(process.path)
    assert new(file) == [0, 1]
    assert file.unreadable == 1
    file.close()


@pytest.mark.parametrize(
    "fields",
    [
        {"time": 10**30},
        {"time": True},
        {"time": 1.5},
        {"time": None},
        {"duration": 10**400},
        {"duration": -(10**400)},
        {"thread": "1"},
        {"thread": 10**300},
        {"waited": 10**400},
        {"sent": [[]]},
        {"sent": [{"bytes": 1, "to": 5}]},
        {"call": None},
        {"flags": ["x"]},
        {"from": []},
    ],
)
def test_fields_of_another_kind_are_no_record(tmp_path, fields):
    process = Process(tmp_path, 1)
    process.append(line(0, **fields).decode() + line(1).decode())
    file = TraceFile(process.path)
    assert new(file) == [1]
    assert file.unreadable == 1
    file.close()

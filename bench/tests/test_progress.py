"""What the line of a benchmark says about how far it is."""

import io
import json

import progress
import pytest
from progress import Progress, duration


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def shown():
    return io.StringIO()


@pytest.fixture(autouse=True)
def results(monkeypatch, tmp_path):
    monkeypatch.setattr(progress, "RESULTS", tmp_path)
    monkeypatch.delenv("POLYSOCK_BENCHES", raising=False)
    return tmp_path


def measure(line, clock, name, seconds):
    with line.part(name):
        clock.now += seconds


def test_parts_of_one_name_are_taken_to_last_equally_long(clock, shown):
    line = Progress("calls", ["short", "long"] * 3, shown, clock)
    measure(line, clock, "short", 1)
    measure(line, clock, "long", 9)
    assert line.seconds_left() == 20
    assert line.share() == pytest.approx(1 / 3)


def test_a_part_not_yet_measured_counts_as_the_mean_of_the_others(clock, shown):
    line = Progress("calls", ["a", "b", "c"], shown, clock)
    measure(line, clock, "a", 2)
    measure(line, clock, "b", 4)
    assert line.seconds_left() == 3


def test_the_running_part_counts_down_and_not_below_zero(clock, shown):
    line = Progress("calls", ["a"] * 3, shown, clock)
    measure(line, clock, "a", 10)
    with line.part("a"):
        clock.now += 4
        assert line.seconds_left() == 16
        clock.now += 100
        assert line.seconds_left() == 10


def test_nothing_is_known_before_the_first_part_of_the_first_run(clock, shown):
    line = Progress("calls", ["a"], shown, clock)
    assert line.seconds_left() is None
    assert "not known" in line.text("")


def test_the_last_run_is_the_first_estimate(clock, shown, results):
    (results / "calls.json").write_text(json.dumps({"seconds": 60}))
    line = Progress("calls", ["a"], shown, clock)
    clock.now += 15
    assert line.seconds_left() == 45


def test_what_is_missing_is_not_waited_for(clock, shown):
    line = Progress("calls", ["a", "absent", "a"], shown, clock)
    measure(line, clock, "a", 5)
    line.without("absent")
    assert line.seconds_left() == 5


def test_several_benchmarks_show_their_place_and_the_time_of_all(clock, shown, results, monkeypatch):
    monkeypatch.setenv("POLYSOCK_BENCHES", "first calls third fourth")
    (results / "third.json").write_text(json.dumps({"seconds": 120}))
    line = Progress("calls", ["a", "a"], shown, clock)
    measure(line, clock, "a", 10)
    assert line.text("").startswith("[2/4] calls   50%  10 s left  2:10 min left in all or more")


def test_a_log_gets_a_line_from_time_to_time_and_one_at_the_end(clock, shown):
    line = Progress("calls", ["a"] * 100, shown, clock)
    for _ in range(100):
        measure(line, clock, "a", 1)
    lines = shown.getvalue().splitlines()
    assert 5 <= len(lines) <= 10
    assert lines[-1] == "calls  100%  took 1:40 min  done"


def test_durations():
    assert [duration(seconds) for seconds in (0, 59.4, 60, 3599)] == ["0 s", "59 s", "1:00 min", "59:59 min"]

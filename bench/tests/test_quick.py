"""How bench-quick goes through its rows, with processes that are made up."""

import io
import time

import pytest
import quick
from progress import Progress


class Side:
    def __init__(self, factor, lacks=()):
        self.factor, self.lacks, self.closed, self.asked = factor, lacks, False, 0

    def sample(self, row):
        self.asked += 1
        return -1 if row in self.lacks else 100.0 * self.factor

    def close(self):
        self.closed = True


def look(makers, names, pairs=3, fewest=None, end=0.0):
    rows = [quick.Row(name, makers, name) for name in names]
    progress = Progress("quick", stream=io.StringIO())
    return quick.look(rows, (pairs, fewest or pairs), end, progress)


def test_each_pair_has_processes_for_itself_which_are_closed():
    made = []

    def make(factor):
        made.append(Side(factor))
        return made[-1]

    changes, medians = look({"base": lambda: make(1), "now": lambda: make(1.1)}, ["a", "b"])
    assert dict(changes) == {name: pytest.approx([0.1] * 3) for name in "ab"}
    assert medians["a"] == {"base": 100.0, "now": pytest.approx(110.0)}
    assert len(made) == 6
    assert all(side.closed for side in made)
    assert {side.asked for side in made} == {2 * (1 + quick.FEWEST)}


def test_a_row_that_one_side_lacks_is_left_out():
    changes, medians = look({"base": lambda: Side(1, lacks=["new"]), "now": lambda: Side(1)}, ["old", "new"])
    assert changes["new"] == []
    assert changes["old"] == [0.0] * 3
    assert "new" not in medians


def test_a_server_that_does_not_start_with_one_side_is_left_out():
    started = Side(1)

    def fail():
        raise RuntimeError

    changes, _ = look({"base": lambda: started, "now": fail}, ["server"])
    assert changes == {"server": []}
    assert started.closed


def test_when_the_time_is_up_there_are_fewer_pairs():
    sides = {"base": lambda: Side(1), "now": lambda: Side(1)}
    assert look(sides, ["a"], pairs=5, fewest=2)[0]["a"] == [0.0] * 2
    assert look(sides, ["a"], pairs=5, fewest=2, end=time.monotonic() + 60)[0]["a"] == [0.0] * 5


def test_the_exit_code_is_1_if_a_row_is_slower(capsys):
    verdict = quick.judge
    same, slower, unclear = ([0.0] * 10, [0.1] * 10, [0.1] * 6 + [-0.1] * 4)
    assert quick.conclusion([verdict(same), verdict(unclear)], {}) == 0
    assert quick.conclusion([verdict(same), verdict(slower)], {"gone": []}) == 1
    assert "not on both sides: gone" in capsys.readouterr().err

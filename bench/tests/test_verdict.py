"""That a slower row is found, and that noise is not taken for one: with samples that are made up."""

import math
import random

import pytest
from revisions.verdict import (
    FASTER,
    SAME,
    SLOWER,
    UNCLEAR,
    is_suspect,
    judge,
    judge_instructions,
    pair_change,
)

FIRST, SECOND = 5, 10  # pairs, as in quick.py


class Machine:
    """Samples as a machine gives them: a place in memory for each process, drift that both sides share, noise of each
    sample, and now and then a disturbance that doubles one."""

    def __init__(self, seed, of_process=0.004, of_sample=0.03, disturbed=0.05):
        self.random = random.Random(seed)
        self.of_process, self.of_sample, self.disturbed = of_process, of_sample, disturbed

    def pair(self, slower, samples=10):
        base_place, now_place = (math.exp(self.random.gauss(0, self.of_process)) for _ in range(2))
        base, now, drift = [], [], 1.0
        for _ in range(samples):
            drift *= math.exp(self.random.gauss(0, 0.05))
            base.append(1000 * drift * base_place * self.noise())
            now.append(1000 * drift * now_place * (1 + slower) * self.noise())
        return pair_change(base, now)

    def noise(self):
        doubled = 2 if self.random.random() < self.disturbed else 1
        return doubled * math.exp(self.random.gauss(0, self.of_sample))

    def verdict(self, slower):
        """As quick.py finds it: a first look, and a second one at what is suspect."""
        first = [self.pair(slower) for _ in range(FIRST)]
        return judge([self.pair(slower) for _ in range(SECOND)] if is_suspect(first) else first)


def words(slower, rows=400, **kinds):
    return [Machine(seed, **kinds).verdict(slower).word for seed in range(rows)]


def test_the_same_is_not_called_slower():
    found = words(0.0, rows=2000)
    assert found.count(SLOWER) == found.count(FASTER) == 0
    assert found.count(SAME) >= 1990


def test_noise_of_a_busy_machine_is_not_called_slower():
    found = words(0.0, rows=1000, of_process=0.02, of_sample=0.15, disturbed=0.2)
    assert found.count(SLOWER) + found.count(FASTER) <= 2


@pytest.mark.parametrize(("slower", "share"), [(0.05, 0.85), (0.10, 0.99), (0.5, 1)])
def test_slower_rows_are_found(slower, share):
    found = words(slower)
    assert found.count(SLOWER) >= share * len(found)
    assert FASTER not in found


def test_faster_rows_are_found():
    found = words(-0.07)
    assert found.count(FASTER) >= 0.95 * len(found)
    assert SLOWER not in found


def test_a_change_below_the_margin_is_none():
    found = words(0.01)
    assert found.count(SLOWER) == 0


def test_one_pair_may_disagree_and_two_may_not():
    assert judge([0.05] * 9 + [-0.30]).word == SLOWER
    assert judge([0.05] * 8 + [-0.30, -0.30]).word == UNCLEAR


def test_few_pairs_are_not_enough():
    assert judge([0.05] * 7).word == judge([-0.05]).word == UNCLEAR
    assert judge([0.0] * 5).word == SAME


def test_drift_that_both_sides_share_does_not_count():
    base = [100.0, 200.0, 400.0, 800.0]
    assert pair_change(base, [value * 1.1 for value in base]) == pytest.approx(0.1)


def test_what_is_shown():
    assert str(judge([0.03] * 2 + [0.04] * 2 + [0.06] * 2 + [0.07] * 2)) == "slower by 5.0% (noise 2.0%)"
    assert str(judge([0.0] * 5)) == "same (noise 0.0%)"


@pytest.mark.parametrize(
    ("base", "now", "word"),
    [
        (2000, 2000, SAME),
        (2000, 2019, SAME),
        (2000, 2060, SLOWER),
        (2060, 2000, FASTER),
        (300, 312, SAME),
        (300, 320, SLOWER),
    ],
)
def test_instructions(base, now, word):
    assert judge_instructions(base, now).word == word

"""How a run of faults is shared out among processes, and which plays it leaves out."""

import os

import pytest

from faults.judge import ABSORBED, REFUSED
from faults.play import Played
from faults.same import Numbers, Same
from faults.sharing import Tasks, share_out
from faults.table import Fault
from runner.scenario import Scenario, read_step


def scenario(name, *lines):
    steps = [read_step(*line.split(": ", 1), line, "a.txt:1") for line in lines]
    return Scenario(name, "area", "a.txt:1", steps=steps)


ONE = scenario("one", "server: socket s inet", "wire: nothing", "server: recv s 1")
TWO = scenario("two", "server: socket s inet", "server: recv s 1", "server: close s")
OTHER = scenario("other", "server: socket s inet6", "server: recv s 1")
FAULT = Fault("recv", 0, "ENOMEM")


def played(outcome, fault=FAULT, hits=1, ended_at=None):
    return Played("area/one", fault, outcome, "", hits, ended_at)


def test_a_play_ends_where_another_with_the_same_beginning_did():
    ended = Numbers()
    Same(ended, "c", "server", ONE).note(played(REFUSED, ended_at=2))
    assert Same(ended, "c", "server", TWO).outcome(FAULT) == REFUSED
    assert Same(ended, "c", "server", OTHER).outcome(FAULT) is None
    assert Same(ended, "c", "client", TWO).outcome(FAULT) is None
    assert Same(ended, "cpp", "server", TWO).outcome(FAULT) is None
    assert Same(ended, "c", "server", TWO).outcome(Fault("recv", 1, "ENOMEM")) is None


def test_a_play_that_goes_on_says_nothing_about_another_scenario():
    ended = Numbers()
    Same(ended, "c", "server", ONE).note(played(ABSORBED))
    assert Same(ended, "c", "server", TWO).outcome(FAULT) is None


def test_a_play_that_ended_later_says_nothing_about_one_that_continues_differently():
    ended = Numbers()
    Same(ended, "c", "server", TWO).note(played(REFUSED, ended_at=2))
    assert Same(ended, "c", "server", ONE).outcome(FAULT) is None


@pytest.mark.parametrize(("hits", "known"), [(1, ABSORBED), (2, None), (0, None)])
def test_failing_all_calls_from_the_last_one_on_is_failing_the_last_one(hits, known):
    same, lasting = Same(Numbers(), "c", "server", ONE), Fault("recv", 0, "ENOMEM", lasting=True)
    same.note(played(ABSORBED, lasting, hits))
    assert same.outcome(FAULT) == known
    assert same.outcome(lasting) is None


def test_numbers_that_want_the_same_place():
    numbers = Numbers()
    for number in (5, 5 + len(numbers.slots), -3):
        assert number not in numbers
        numbers.add(number)
        assert number in numbers
    assert 6 not in numbers


class Player:
    """Reports the task that it was given, and its process."""

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        pass

    def play(self, task, is_stopped):
        if task == "die":
            os._exit(3)
        return task, os.getpid()


def test_every_task_is_done_once():
    lists = [list(range(20)), list(range(100, 103)), []]
    said = []
    assert share_out(Tasks(lists), 3, Player(), said.append)
    assert sorted(task for task, _ in said) == [*range(20), 100, 101, 102]
    assert os.getpid() not in {process for _, process in said}


def test_nothing_to_do():
    assert share_out(Tasks([[], []]), 3, Player(), None)
    assert share_out(Tasks([]), 3, Player(), None)


def test_a_process_that_dies_is_noticed():
    assert not share_out(Tasks([["die"]]), 1, Player(), lambda said: None)


def test_a_run_that_is_stopped_begins_nothing_more():
    tasks = Tasks([list(range(100_000))])
    said = []

    def stop(done):
        said.append(done)
        tasks.stop()

    assert not share_out(tasks, 1, Player(), stop)
    assert len(said) < 100_000  # more than the pipe holds


def test_a_short_list_is_left_to_the_process_that_has_begun_it():
    tasks = Tasks([[1, 2, 3], [4]])
    assert (tasks.join(), tasks.join(), tasks.join()) == (0, 1, None)

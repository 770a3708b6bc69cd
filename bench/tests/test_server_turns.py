"""The order in which servers are measured."""

from collections import Counter

from server_load import Load
from servers import in_turns

LOADS = {"usual": Load("usual"), "twice": Load("twice", rounds=2), "some": Load("some", rounds=0.4)}


def turns(rounds, servers=("one", "other")):
    return list(in_turns(servers, LOADS, rounds))


def test_each_server_has_all_rounds_of_each_load():
    rounds = {"usual": 5, "twice": 10, "some": 2}
    assert Counter(turns(5)) == {(load, server): count for load, count in rounds.items() for server in ("one", "other")}


def test_more_rounds_are_spread_over_the_whole_run():
    loads = [load for load, _ in turns(5, ["one"])]
    assert loads == ["usual", "twice", "some", "twice"] * 2 + ["usual", "twice", "twice"] * 3


def test_no_server_always_comes_first():
    for load in LOADS:
        servers = [server for name, server in turns(5) if name == load]
        assert {servers[0], servers[2]} == {"one", "other"}

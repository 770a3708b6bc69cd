"""The figures of servers and of growth, from results that are made up: there may be no others yet."""

import itertools

import plot
import pytest
from plots import counterparts, growth, servers
from server_load import LOADS
from server_programs import programs
from test_plots import unreadable


def summary(value):
    return {"median": value, "quartiles": [value * 0.95, value * 1.05]}


@pytest.fixture
def result(tmp_path):
    """Of every server and load that is measured; each server is somewhat slower than the last one."""
    rows = {}
    for number, each in enumerate(programs(tmp_path)):
        per_second = 200_000 * 0.8**number
        cells = {
            name: {
                "per_second": summary(per_second),
                "p99_us": summary(load.connections / per_second * 2e6),
            }
            for name, load in LOADS.items()
        }
        rows[each.name] = {"language": each.language, "ours": each.is_ours, "cells": cells}
    return {
        "machine": "Linux-6.1-x",
        "processor": "AMD EPYC",
        "processors": 2,
        "python": "3.11.7",
        "loads": {name: load.facts() for name, load in LOADS.items()},
        "rows": rows,
    }


def test_everything_can_be_read(result):
    results = plot.read() | {"servers": result}
    drawings = plot.drawings(results)
    assert {"servers", "servers_python", "servers_c", "headline"} <= drawings.keys()
    for drawing in drawings.values():
        assert list(unreadable(drawing)) == []


def test_no_two_servers_look_the_same(result):
    for languages in (["Python"], ["C", "Rust"]):
        lines = servers.lines_of(servers.of_languages(result, languages), result["loads"], "per_second")
        looks = [(line.kind, line.dashes) for line in lines]
        assert len(set(looks)) == len(looks)


def test_a_server_that_failed_is_left_out(result):
    for row in result["rows"].values():
        row["cells"]["echo-100"] = {"failed": "it did"}
    lines = servers.lines_of(result["rows"], result["loads"], "per_second")
    assert [[x for x, _ in line.points] for line in lines] == [[1, 10, 1000]] * len(lines)
    assert servers.best(result, "echo-100", ["Python"], ours=True) is None
    assert result["loads"]["echo-100"]["title"] not in " ".join(
        each.row for each in counterparts.server_counterparts(result)
    )


def test_the_best_of_ours_is_compared_with_the_best_of_the_others(result):
    rows = result["rows"]
    fast, slow = (next(row for row in rows.values() if row["ours"] == ours) for ours in (False, True))
    fast["cells"]["echo-10"]["per_second"] = summary(300_000)
    slow["cells"]["echo-10"]["per_second"] = summary(150_000)
    name, best = servers.best(result, "echo-10", ["Python"], ours=False)
    assert rows[name] is fast
    assert best["median"] == pytest.approx(1e9 / 300_000)
    found = [each for each in counterparts.server_counterparts(result) if "echo 64 B, 10: req" in each.row]
    assert [round(each.times, 2) for each in found if each.row.startswith("Python")] == [0.5]


def test_growth_is_drawn_for_every_variant(tmp_path):
    import growth as benchmark

    variants = [each for each in benchmark.all_variants("program", tmp_path) if each.measure]
    assert {each.name for each in variants} <= growth.LINES.keys()
    rows = {}
    for number, each in enumerate(variants):
        counts = itertools.pairwise([1, 10, 100, 1000, 10_000, 50_000, 0])
        found = {str(many): {"bytes": 100.0 * (number + 1), "use_ns": 1000.0 + 7 * many} for many, _ in counts}
        rows.setdefault(each.thing, {})[each.name] = found
    result = {"machine": "Linux-6.1-x", "descriptors": 20_000, "rows": rows}
    assert list(unreadable(growth.drawings({"growth": result})["growth"])) == []


def test_counts_end_where_the_limit_of_descriptors_is(monkeypatch):
    import growth as benchmark

    def counts(descriptors, thing="connection", most=50_000):
        monkeypatch.setattr(benchmark.resource, "getrlimit", lambda _: (1024, descriptors))
        return benchmark.Variant(thing, "", None, 50_000).counts(most)

    assert counts(1 << 20) == [1, 10, 100, 1000, 10_000, 50_000]
    assert counts(20_000) == [1, 10, 100, 1000, 10_000, 19_000]
    assert counts(1024) == [1, 10, 100, 720]
    assert counts(20_000, "thread") == [1, 10, 100, 1000, 6500]
    assert counts(20_000, most=100) == [1, 10, 100]

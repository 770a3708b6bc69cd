"""What the tables of servers.py say about a measurement."""

import server_load
import server_tables
from server_load import LOADS
from servers import cell, is_chosen

FACTS = {
    "server_on": 1,
    "client_on": 0,
    "processors": 2,
    "processor": "one",
    "python": "3",
    "rounds": 2,
    "of_seconds": 1,
}


def measured(per_second=1000.0, server_cpu=1.0, client_cpu=0.5, others=0.0):
    numbers = {"per_second": per_second, "server_cpu": server_cpu, "client_cpu": client_cpu, "threads": 3}
    numbers["others"] = others
    numbers |= {"p50_us": 100.0, "p99_us": 2000.0, "p999_us": 3000.0}
    return numbers | {"rss_kib": 9000, "pss_kib": 2048, "pss_before_kib": 1024}


def shown(cell, absent=None):
    rows = {"some server": {"language": "C", "ours": False, "cells": {"echo-100": cell}}}
    return server_tables.shown(rows, FACTS | {"loads": {"echo-100": LOADS["echo-100"].facts()}, "absent": absent or {}})


def test_a_cell_has_the_medians_and_what_follows_from_them():
    numbers = cell([measured(1000.0), measured(3000.0), measured(2000.0)], LOADS["echo-100"])
    assert numbers["per_second"] == {"median": 2000.0, "quartiles": [1500.0, 2500.0]}
    assert numbers["server_us"]["median"] == 500.0
    assert numbers["kib_per_connection"] == 10.24


def test_the_tables_have_the_numbers_in_their_units():
    text = shown(cell([measured(12_345.6)], LOADS["echo-100"]))
    for title, number in {"1,000 requests/s": "12.3", "p99 in ms": "2.00", "threads of the server": "2 / 3"}.items():
        table = text.partition(title)[2].partition("\n\n")[0]
        assert f" {number} |" in table
    assert "12.3*" not in text


def test_a_star_marks_what_the_client_limited():
    assert " 1.0* |" in shown(cell([measured(server_cpu=0.8, client_cpu=0.99)], LOADS["echo-100"]))
    assert " 1.0 |" in shown(cell([measured(server_cpu=0.99, client_cpu=0.99)], LOADS["echo-100"]))


def test_brackets_show_what_others_had_if_that_disturbs():
    assert " 1.00 / 0.50 |" in shown(cell([measured(others=0.02)], LOADS["echo-100"]))
    assert " 0.80 / 0.50 (0.15) |" in shown(cell([measured(server_cpu=0.8, others=0.15)], LOADS["echo-100"]))


def test_a_disturbed_measurement_is_repeated_and_the_least_disturbed_one_counts(monkeypatch):
    def undisturbed(*others):
        left = iter(others)
        ends = {"server_cpu": 0.99, "client_cpu": 0.5}
        monkeypatch.setattr(server_load, "measure", lambda *_: {"others": next(left)} | ends)
        return server_load.measure_undisturbed(None, LOADS["echo-100"], None)["others"], len(list(left))

    assert undisturbed(0.01, 0.5) == (0.01, 1)
    assert undisturbed(0.3, 0.05, 0.5) == (0.05, 1)
    assert undisturbed(0.3, 0.1, 0.2) == (0.1, 0)


def test_a_measurement_in_which_neither_end_had_its_processor_is_repeated(monkeypatch):
    def busier(load, *shares):
        left = iter(shares)
        monkeypatch.setattr(
            server_load, "measure", lambda *_: {"others": 0.0, "server_cpu": next(left), "client_cpu": 0.9}
        )
        return server_load.measure_undisturbed(None, LOADS[load], None)["server_cpu"], len(list(left))

    assert busier("echo-100", 0.95, 0.99) == (0.95, 1)
    assert busier("idle-10000", 0.9, 0.91, 0.92, 0.99) == (0.92, 1)
    # With few requests under way both ends wait for each other.
    assert busier("echo-10", 0.7, 0.99) == (0.7, 1)
    assert busier("connect", 0.7, 0.99) == (0.7, 1)


def test_what_failed_or_is_missing_is_said():
    text = shown({"failed": "served 3 of 100 connections"}, absent={"libuv": "libuv1-dev"})
    assert " fails |" in text
    assert "some server fails with echo-100: served 3 of 100 connections." in text
    assert "Not installed, and so not measured: libuv (needs libuv1-dev)." in text


def test_words_choose():
    assert is_chosen("echo-100", None)
    assert is_chosen("echo-100", ["idle", "echo"])
    assert not is_chosen("echo-100", ["idle"])

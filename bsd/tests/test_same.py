"""A program does the same with the layer, recorded or not."""

import collections

import pytest
from conftest import HAS_32_BITS, HAS_DPRINTF, HERE, IS_FOR_GLIBC, needs_glibc, run

FORTIFIED = ("-D_FORTIFY_SOURCE=2", "-DFORTIFIED")


def test_what_passes_through_is_the_same(same, compiled):
    finished, records = same(compiled("passing"))
    assert (finished.returncode, finished.stderr) == (3, "")
    assert any(record.get("call") == "recvmsg" for of_process in records.values() for record in of_process)


@pytest.mark.parametrize("options", [(), pytest.param(FORTIFIED, marks=needs_glibc)], ids=["plain", "fortified"])
def test_every_call_does_the_same(same, compiled, options):
    finished, records = same(compiled("calls", *options))
    assert (finished.returncode, finished.stderr) == (9, "")
    recorded = {record.get("call") for of_process in records.values() for record in of_process}
    assert {"recvmmsg", "sendfile", "epoll_wait", "getaddrinfo", "select"} < recorded


def counts_of(program, argument, folder, *environment):
    """How often the program and its children make each system call."""
    report = folder / f"counts-{argument}-{len(environment)}"
    finished = run("strace", "-f", "-qq", "-e", "signal=none", "-o", report, *environment, program, argument)
    assert finished.returncode == 0
    counts = collections.Counter()
    for line in report.read_text().splitlines():
        name, parenthesis, _ = line.split(maxsplit=1)[1].partition("(")
        if parenthesis and name.isidentifier():
            counts[name] += 1
    return counts


@pytest.mark.usefixtures("needs_strace")
def test_calls_that_are_not_recorded_cost_no_system_call(layer, compiled, tmp_path):
    program = compiled("echo")
    preloaded = ("-E", f"LD_PRELOAD={layer.library}")

    def difference(*environment):
        """What a hundred messages more cost."""
        return counts_of(program, "120", tmp_path, *environment) - counts_of(program, "20", tmp_path, *environment)

    without = difference()
    # What glibc calls by socketcall(2) has other names.
    names = ("send", "recv", "write", "read") if HAS_32_BITS else ("sendto", "recvfrom", "write", "read")
    assert [without[name] for name in names] == [100] * len(names)
    assert difference(*preloaded) == without


@needs_glibc  # which polysock-run uses itself
def test_another_preloaded_library_is_called_too(layer, compiled, tmp_path):
    other = compiled("counting", "-shared", "-fPIC")
    finished = layer.run(compiled("echo"), "10", env={"LD_PRELOAD": str(other)})
    assert finished.stdout == "done 0\n"
    assert finished.stderr == "10 sends\n"


def test_the_exported_names_are_those_that_are_listed(layer):
    """Those with the name of a C library are in the layer for that alone, since others do not have them."""
    exported = run("nm", "-D", "--defined-only", layer.library).stdout.splitlines()
    names = sorted(line.split()[2] for line in exported)
    listed = [line.split() for line in (HERE.parent / "symbols.txt").read_text().splitlines()]
    of_ours = {(), ("glibc",) if IS_FOR_GLIBC else ("musl",)}
    listed = [name for name, *libraries in listed if tuple(libraries) in of_ours]
    assert names == [name for name in listed if HAS_DPRINTF or name not in ("dprintf", "__dprintf_chk")]

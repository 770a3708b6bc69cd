"""Other libraries that are loaded beside the layer, before it and after it; the layer, loaded again."""

import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import COMPILER, HAS_32_BITS, calls, needs_glibc, run

ORDERS = ["before", "after"]


def preloaded(layer, other, order):
    names = [str(other), str(layer.library)]
    return " ".join(names if order == "before" else reversed(names))


def run_beside(layer, other, order, *command):
    """The program with the other library alone, and with the layer too, recorded or not: all do the same."""
    alone = run(*command, env={"LD_PRELOAD": str(other)})
    folder = layer.folder / "trace"
    for environment in [{}, {"POLYSOCK_TRACE": str(folder)}]:
        both = run(*command, env={"LD_PRELOAD": preloaded(layer, other, order), **environment})
        assert both.stdout == alone.stdout
        assert (both.stderr, both.returncode) == (alone.stderr, alone.returncode)
    return alone, layer.records()


@pytest.mark.parametrize("order", ORDERS)
def test_a_library_that_wraps_the_same_calls_gets_those_of_the_program_and_no_others(order, layer, compiled):
    other = compiled("wrapping", "-shared", "-fPIC")
    alone, records = run_beside(layer, other, order, compiled("beside"), "wrapped")
    assert alone.stderr == "100 sends, 100 receives, 3 closes\n"
    (of_process,) = records.values()
    assert len(calls(of_process, "send")) == len(calls(of_process, "recv")) == 100


def installed(name):
    folder = "i386-linux-gnu" if HAS_32_BITS else "*"
    found = [file for way in ("", "faketime/") for file in sorted(Path("/usr/lib").glob(f"{folder}/{way}{name}"))]
    if not found:
        pytest.skip(f"needs {name}")
    return found[0]


@needs_glibc
@pytest.mark.parametrize("order", ORDERS)
def test_jemalloc(order, layer, compiled):
    _, records = run_beside(layer, installed("libjemalloc.so.2"), order, compiled("calls"))
    assert records


@needs_glibc
@pytest.mark.parametrize("order", ORDERS)
def test_faketime(order, layer, compiled, monkeypatch):
    monkeypatch.setenv("FAKETIME", "2001-01-01 00:00:00")
    alone, records = run_beside(layer, installed("libfaketime.so.1"), order, compiled("beside"), "times")
    assert "year 2001" in alone.stdout
    (of_process,) = records.values()
    assert len(calls(of_process, "poll")) == 1


# musl calls the destructors of libraries that were loaded before the layer when its own has been called.
@pytest.mark.parametrize("order", [pytest.param("before", marks=needs_glibc), "after"])
def test_libraries_that_use_sockets_when_they_are_loaded_and_at_the_end(order, layer, compiled):
    other = compiled("around", "-shared", "-fPIC")
    alone, records = run_beside(layer, other, order, compiled("beside"), "wrapped")
    assert alone.stderr == "constructor: 6 6\ndestructor: 6 6\n"
    (of_process,) = records.values()
    assert [record["data"] for record in calls(of_process, "write")][-1] == "around"
    assert of_process[-1]["event"] == "exit"
    assert [record["fd"] for record in calls(of_process, "close")][-2:] == [4, 5]


def test_a_library_that_is_linked(layer, compiled, tmp_path):
    library = tmp_path / "libaround.so"
    shutil.copy(compiled("around", "-shared", "-fPIC"), library)
    program = tmp_path / "program"
    source = Path(__file__).parent / "programs" / "echo.c"
    command = [*COMPILER, "-w", source, "-o", program, "-Wl,--no-as-needed", library, f"-Wl,-rpath,{tmp_path}"]
    subprocess.run(command, check=True, timeout=60)
    alone = run(program, "1")
    finished, records = layer.traced(program, "1")
    assert (finished.stdout, finished.returncode) == (alone.stdout, alone.returncode)
    ends = [of_process[-1] for of_process in records.values()]
    assert {end.get("event") for end in ends} == {"exit"}


def test_the_layer_is_loaded_again_by_the_program(layer, same, compiled):
    copy = layer.folder / "libcopy.so"
    shutil.copy(layer.library, copy)
    finished, records = same(compiled("loading"), layer.library, copy)
    assert finished.returncode == 0
    assert len(records) == 1
    (of_process,) = records.values()
    # A pair for each function that was used, recorded once.
    assert len(calls(of_process, "socket")) == 2 * len(finished.stdout.splitlines())


def test_the_layer_is_preloaded_twice(layer, compiled):
    copy = layer.folder / "libcopy.so"
    shutil.copy(layer.library, copy)
    preloaded = {"LD_PRELOAD": f"{copy} {layer.library}", "POLYSOCK_TRACE": str(layer.folder / "trace")}
    finished = run(compiled("echo"), "5", env=preloaded)
    records = layer.records()
    assert (finished.stdout, finished.stderr) == ("done 0\n", "")
    assert len(list((layer.folder / "trace").iterdir())) == 2
    assert sorted(len(calls(of_process, "socket")) for of_process in records.values()) == [1, 1]

"""Streams of the C library on sockets: the same as without the layer, but with --safe with its promises."""

import signal

import pytest
from conftest import HAS_DPRINTF, calls, needs_glibc, run

FORTIFIED = ("-D_FORTIFY_SOURCE=2",)
SAME = [
    "modes",
    "lines",
    "ending",
    "conversation",
    "buffers",
    pytest.param("positions", marks=needs_glibc),  # musl hangs on a stream that can't be positioned
    "wide",
    "without-waiting",
    "interrupted",
    pytest.param("cancelled", marks=needs_glibc),  # musl leaves the stream of a cancelled thread locked
    pytest.param("written-after-a-cancelled-read", marks=needs_glibc),
    pytest.param("written-in-a-child", marks=needs_glibc),  # musl leaves it locked in a forked child, too
    "numbers",
    "reopened",
    "forked",
    "formatted",
    "popened",
    "limit",
]
# What is printed with --safe; without it the program is ended by a signal.
PROMISED = [
    ("sigpipe-fflush", signal.SIGPIPE, ["fflush: -1 EPIPE", "then: eof 0, error 1", "fclose: 0"]),
    ("sigpipe-fclose", signal.SIGPIPE, ["fclose: -1 EPIPE"]),
    ("sigpipe-exit", signal.SIGPIPE, []),
    ("close-wakes-fgets", signal.SIGALRM, ["close: 0", "fgets: nothing, EBADF"]),
    ("fclose-wakes-fgets", signal.SIGALRM, ["close: 0", "fgets: nothing, EBADF"]),
]


needs_dprintf = pytest.mark.skipif(not HAS_DPRINTF, reason="needs a layer for 64 bits, built by Rust 1.88")


@pytest.fixture(scope="module")
def program(compiled):
    return compiled("stdio")


def does_the_same(program, which, layer):
    without = run(program, which)
    assert without.stdout
    for options in [("--safe",), ("--safe", "--trace", layer.folder / "trace")]:
        safe = layer.run(program, which, options=options)
        assert (safe.stdout, safe.stderr, safe.returncode) == (without.stdout, "", without.returncode)


@pytest.mark.parametrize("which", SAME)
def test_it_is_as_the_system_has_it(which, program, layer):
    does_the_same(program, which, layer)


@needs_glibc
def test_so_are_the_functions_of_fortified_programs(compiled, layer):
    does_the_same(compiled("stdio", *FORTIFIED), "formatted", layer)


def keeps_a_promise(program, which, trap, kept, layer):
    assert run(program, which).returncode == -trap
    for options in [("--safe",), ("--safe", "--trace", layer.folder / "trace")]:
        safe = layer.run(program, which, options=options, env={"PATIENT": "1"})
        assert (safe.stdout.splitlines(), safe.stderr, safe.returncode) == (kept, "", 0)


@needs_glibc  # with others, the streams of sockets are the C library's own
@pytest.mark.parametrize(("which", "trap", "kept"), PROMISED, ids=[one[0] for one in PROMISED])
def test_a_promise_is_kept(which, trap, kept, program, layer):
    keeps_a_promise(program, which, trap, kept, layer)


@needs_dprintf
@pytest.mark.parametrize("options", [(), pytest.param(FORTIFIED, marks=needs_glibc)], ids=["plain", "fortified"])
@pytest.mark.parametrize("which", ["dprintf", "vdprintf"])
def test_formatted_writes_raise_no_signal(which, options, compiled, layer):
    program = compiled("stdio", *options)
    keeps_a_promise(program, f"sigpipe-{which}", signal.SIGPIPE, [f"{which}: -1 EPIPE"], layer)


@needs_glibc
def test_what_streams_move_is_recorded(program, layer):
    layer.run(program, "conversation", options=("--safe", "--trace", layer.folder / "trace"))
    (records,) = layer.records().values()
    texts = [f"{word} {number}\n" for number in range(3) for word in ("question", "answer")]
    assert [record["data"] for record in calls(records, "read", "write")] == texts
    assert len(calls(records, "close")) == 2

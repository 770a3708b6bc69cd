"""Signals that a program takes itself, and threads that end in unusual ways, with --safe."""

import pytest
from conftest import run


@pytest.mark.parametrize("which", ["taken-signals", "ended-thread", "cancelled-close", "default-action"])
def test_it_is_as_the_system_has_it(which, layer, compiled):
    program = compiled("signals")
    without = run(program, which)
    assert without.stdout
    assert (without.returncode < 0) == (which == "default-action")
    safe = layer.run(program, which, options=("--safe",))
    assert (safe.stdout, safe.stderr, safe.returncode) == (without.stdout, "", without.returncode)


def test_a_close_wakes_whatever_signals_the_program_takes(layer, compiled):
    safe = layer.run(compiled("signals"), "wakes-among-signals", options=("--safe",))
    assert (safe.stdout, safe.stderr, safe.returncode) == ("close: 0\nfree at once: 1\n" * 5, "", 0)

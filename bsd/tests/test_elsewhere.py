"""With --safe, everything else stays as the system has it, and no moment or process gets past a promise."""

import pytest
from conftest import run


@pytest.mark.parametrize("which", ["nothing", "accepts", "fast-open", "low-water-mark", "full-queue"])
def test_it_is_as_the_system_has_it(layer, compiled, which):
    program = compiled("elsewhere")
    without = run(program, which)
    safe = layer.run(program, which, options=("--safe",))
    assert without.stdout
    assert (safe.stdout, safe.stderr, safe.returncode) == (without.stdout, "", 0)


def test_a_child_of_vfork_changes_nothing_of_its_parents_sockets(layer, compiled):
    safe = layer.run(compiled("elsewhere"), "vforked", options=("--safe",))
    assert (safe.stdout, safe.returncode) == ("write: -1 EPIPE\nwrite: -1 EPIPE\n", 0)


def test_a_close_ends_a_call_whenever_it_began(layer, compiled):
    safe = layer.run(compiled("elsewhere"), "at-any-moment", options=("--safe",))
    assert (safe.stdout, safe.returncode) == ("stuck: 0\n", 0)

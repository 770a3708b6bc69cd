"""With --safe, everything else stays as the system has it, and no moment or process gets past a promise."""

import pytest
from conftest import HAS_32_BITS, run

AS_IT_IS = [
    "nothing",
    "accepts",
    "fast-open",
    "low-water-mark",
    "full-queue",
    "zero-copy",
    "batches",
    "wrong-flags",
]


@pytest.mark.parametrize("which", AS_IT_IS)
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


@pytest.mark.usefixtures("needs_strace")
@pytest.mark.parametrize("slow", ["close", "recv,recvfrom" if HAS_32_BITS else "recvfrom"])
def test_a_close_ends_a_call_whenever_it_began_if_a_system_call_is_slow(slow, layer, compiled):
    """There is time for other threads before the close or the receive gets into the kernel."""
    delayed = ("-e", f"trace={slow}", "-e", f"inject={slow}:delay_enter=3000")
    promised = ("-E", f"LD_PRELOAD={layer.library}", "-E", "POLYSOCK_SAFE=1")
    report = layer.folder / "calls"
    command = ("strace", "-f", "-qq", *delayed, "-e", "signal=none", "-o", report, *promised)
    safe = run(*command, compiled("elsewhere"), "at-any-moment")
    assert (safe.stdout, safe.stderr, safe.returncode) == ("stuck: 0\n", "", 0)
    assert "DELAYED" in report.read_text()

"""A program that gives up system calls (seccomp) is not ended by those that records and promises take."""

import pytest
from conftest import calls, run


@pytest.mark.parametrize("how", ["prctl", "syscall"])
def test_a_program_that_gives_up_system_calls(layer, compiled, how):
    program = compiled("restricted")
    without = run(program, how)
    assert (without.stdout, without.returncode) == ("after", 7)
    for options in [(), ("--safe",)]:
        untraced = layer.run(program, how, options=options)
        assert (untraced.stdout, untraced.returncode) == ("after", 7)
    traced, records = layer.traced(program, how)
    assert (traced.stdout, traced.returncode) == ("after", 7)
    parent, child = sorted(
        records.values(), key=lambda records: "exit" not in {record.get("event") for record in records}
    )
    assert [record["data"] for record in calls(parent, "recv")] == ["before", "after", "after"]
    # Its records go on until then.
    assert [record["data"] for record in calls(child, "send")] == ["child"]
    assert (child[-1]["event"], child[-1]["error"]) == ("ended", "seccomp")

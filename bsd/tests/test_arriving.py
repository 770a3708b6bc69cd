"""Sockets that come in messages have the promises, whatever their numbers stood for before."""

import signal

import pytest
from conftest import run


@pytest.mark.parametrize("call", ["recvmsg", "recvmmsg"])
def test_a_socket_under_the_number_of_another_file(call, layer, compiled):
    program = compiled("arriving")
    without = run(program, call)
    assert (without.stdout, without.returncode) == ("the same number: 1\n", -signal.SIGPIPE)
    safe = layer.run(program, call, options=("--safe",))
    assert safe.stdout == "the same number: 1\nsend: -1 EPIPE\nwrite: -1 EPIPE\n"
    assert (safe.stderr, safe.returncode) == ("", 0)

"""How the recorder of packets notices that a program has ended, with pidfd_open(2) and without."""

import errno
import os
import subprocess
import sys

import pytest

from polysock._wire.processes import Process


def forbidden(number):
    def pidfd_open(pid):
        raise OSError(number, os.strerror(number))

    return pidfd_open


@pytest.fixture(params=[None, errno.ENOSYS, errno.EPERM, "absent"])
def pidfd_open(request, monkeypatch):
    if request.param == "absent":
        monkeypatch.delattr(os, "pidfd_open")
    elif request.param is not None:
        monkeypatch.setattr(os, "pidfd_open", forbidden(request.param))


@pytest.mark.usefixtures("pidfd_open")
def test_the_end_of_a_process_is_noticed():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        process = Process(child.pid)
        assert not process.has_ended()
        child.stdin.close()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert process.has_ended()  # before its parent has reaped it
        child.wait()
        assert process.has_ended()
        process.close()
    with pytest.raises(OSError):
        Process(child.pid)


def test_a_reused_number_is_not_taken_for_the_process(monkeypatch):
    monkeypatch.setattr(os, "pidfd_open", forbidden(errno.ENOSYS))
    process = Process(os.getpid())
    assert not process.has_ended()
    monkeypatch.setattr(process, "_began", process._began - 1)
    assert process.has_ended()

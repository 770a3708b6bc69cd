"""A socket that was never closed: it is closed after a warning."""

import os
import subprocess
import sys
import warnings

import polysock as socket


def test_warning_and_close():
    sock = socket.socket()
    fd, text = sock.fileno(), repr(sock)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del sock
    (warning,) = caught
    assert warning.category is ResourceWarning
    assert str(warning.message) == f"unclosed {text}"
    assert type(warning.source) is socket.socket
    del warning, caught
    try:
        os.fstat(fd)
        raise AssertionError("still open")
    except OSError:
        pass


def test_no_warning_for_what_is_closed_or_detached():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sock = socket.socket()
        sock.close()
        del sock
        sock = socket.socket()
        os.close(sock.detach())
        del sock
        socket.socket.__new__(socket.socket)


def test_warning_as_error_is_unraisable(monkeypatch):
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: seen.append(args.exc_type))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sock = socket.socket()
        fd = sock.fileno()
        del sock
    assert seen == [ResourceWarning]
    try:
        os.fstat(fd)
        raise AssertionError("still open")
    except OSError:
        pass


def test_pending_exception_survives():
    def fail_with_a_socket():
        sock = socket.socket()
        assert sock.fileno() >= 0
        raise KeyError("mine")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            fail_with_a_socket()
        except KeyError as error:
            assert error.args == ("mine",)


def test_subclasses_may_have_a_finalizer():
    seen = []

    class Mine(socket.socket):
        def __del__(self):
            seen.append(self.fileno() >= 0)
            super().__del__()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Mine()
    assert seen == [True]
    assert len(caught) == 1


def test_at_the_end_of_the_process():
    code = "import polysock; s = polysock.socket()"
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0
    assert "ResourceWarning: unclosed <polysock.socket fd=" in done.stderr
    assert "panicked" not in done.stderr


def test_warning_at_exit():
    """Sockets in reference cycles are finalized at the very end, when imports no longer work."""
    code = """
import polysock

class Cycle:
    def __del__(self):
        pass

cycle, sock, local = Cycle(), polysock.socket(), polysock.socket(polysock.AF_UNIX)
local.bind("")
"""
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", code], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stderr.count("ResourceWarning: unclosed <polysock.socket fd=") == 2, done.stderr

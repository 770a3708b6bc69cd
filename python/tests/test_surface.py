"""What the package shows of itself: docstrings, signatures, version, __all__, help."""

import importlib.metadata
import inspect
import os
import pydoc
import re
import subprocess
import sys
import types

import pytest
from helpers import PROGRAM_TIMEOUT

import polysock
import polysock.net

MODULES = [polysock, polysock.net, polysock._native]
# The class documents the fields of struct tcp_info; they have no docstrings.
DOCUMENTED_BY_THEIR_CLASS = polysock.TcpInfo


def public(module):
    """The public names of a module that are polysock's, and their values."""
    for name, value in vars(module).items():
        if not name.startswith("_") and getattr(value, "__module__", "").startswith("polysock"):
            yield f"{module.__name__}.{name}", value


def members(path, cls):
    """The public members that a class defines itself."""
    for name, value in vars(cls).items():
        if not name.startswith("_") or name in ("__enter__", "__exit__"):
            yield f"{path}.{name}", getattr(value, "__func__", value)


def everything():
    found = {}
    for path, value in (pair for module in MODULES for pair in public(module)):
        found[path] = value
        if isinstance(value, type) and not issubclass(value, BaseException):
            found |= members(path, value)
    assert len(found) > 500
    return found


def is_attribute(value):
    kinds = (property, types.GetSetDescriptorType, types.MemberDescriptorType)
    return isinstance(value, kinds) or not callable(value)


def test_everything_has_a_docstring():
    silent = []
    for path, value in everything().items():
        of_tcp_info = path.rpartition(".")[0].endswith(DOCUMENTED_BY_THEIR_CLASS.__name__) and is_attribute(value)
        if not of_tcp_info and not (value.__doc__ or "").strip():
            silent.append(path)
    assert silent == []


def test_everything_has_a_signature():
    silent = []
    for path, value in everything().items():
        if is_attribute(value):
            continue
        try:
            inspect.signature(value)
        except (TypeError, ValueError) as error:
            silent.append((path, str(error)))
    assert silent == []


@pytest.mark.parametrize("cls", [polysock.socket, polysock.SocketType])
def test_the_signature_of_a_socket_class_is_that_of_its_constructor(cls):
    arguments = "(family=-1, type=-1, proto=-1, fileno=None)"
    assert str(inspect.signature(cls)) == arguments
    assert f"socket{arguments}" in pydoc.render_doc(cls, renderer=pydoc.plaintext)

    class Inherits(cls):
        pass

    class Initialises(cls):
        def __init__(self, number):
            super().__init__()

    class Makes(polysock.SocketType):
        def __new__(cls, number):
            return super().__new__(cls)

    assert str(inspect.signature(Inherits)) == arguments
    assert [str(inspect.signature(made)) for made in (Initialises, Makes)] == ["(number)", "(number)"]
    assert not hasattr(cls.__new__(cls), "__signature__")


def test_the_signature_of_an_exception_is_that_of_its_constructor():
    assert str(inspect.signature(polysock.TruncatedError)) == "(*args)"
    assert str(inspect.signature(polysock.net.SocketTimeoutException)) == "(*args)"

    class Own(polysock.net.IOException):
        def __init__(self, number):
            super().__init__(number)

    assert str(inspect.signature(Own)) == "(number)"


def test_the_version_is_that_of_the_package():
    assert polysock.__version__ == importlib.metadata.version("polysock")
    assert re.fullmatch(r"\d+\.\d+\.\d+", polysock.__version__)


def test_star_import_brings_everything_that_is_listed():
    names = {}
    exec("from polysock import *", names)
    assert set(polysock.__all__) <= set(names)
    assert {"Server", "patch", "unpatch", "Unfinished", "UnfinishedBatch", "UnfinishedReceive"} <= set(polysock.__all__)
    assert len(set(polysock.__all__)) == len(polysock.__all__)


def test_star_import_in_place_of_the_standard_module_leaves_common_names_alone():
    """A program may have its own `patch` or `Server`."""
    program = """
        import polysock
        listed = sorted(polysock.__all__)
        polysock.patch()
        patch = Server = "the program's own"
        from socket import *
        assert patch == Server == "the program's own"
        assert socket is polysock.socket and set_try_first is polysock.set_try_first
        polysock.unpatch()
        assert sorted(polysock.__all__) == listed
    """
    command = [sys.executable, "-c", inspect.cleandoc(program)]
    subprocess.run(command, check=True, timeout=PROGRAM_TIMEOUT)


def test_exceptions_that_know_how_far_they_came():
    unfinished = OSError(1, "x")
    assert not isinstance(unfinished, polysock.Unfinished)
    unfinished.done = 3
    assert isinstance(unfinished, polysock.Unfinished)
    assert not isinstance(unfinished, polysock.UnfinishedReceive)
    unfinished.partial = b"abc"
    assert isinstance(unfinished, polysock.UnfinishedReceive)
    with pytest.raises(TypeError):
        polysock.Unfinished()


def test_help_and_version():
    def run(*options):
        command = [sys.executable, "-m", "polysock", *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PROGRAM_TIMEOUT, check=False)
        return done.returncode, done.stdout, done.stderr

    for options in (["--help"], ["-h"], ["run", "--help"], ["run", "-h"]):
        status, output, errors = run(*options)
        assert (status, errors) == (0, "")
        assert output.startswith("usage: python -m polysock run")
        assert "--children" in output
    for option in ("--version", "-V"):
        assert run(option) == (0, f"polysock {polysock.__version__}\n", "")


@pytest.mark.parametrize("option", ["--help", "--version"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_nobody_reads_the_help(option, unbuffered):
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as closed:
        command = [sys.executable, "-m", "polysock", option]
        environment = dict(os.environ, PYTHONUNBUFFERED=unbuffered)
        done = subprocess.run(
            command, stdout=closed, stderr=subprocess.PIPE, env=environment, timeout=PROGRAM_TIMEOUT, check=False
        )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_server_has_its_address_as_a_documented_attribute():
    with polysock.Server(("127.0.0.1", 0), lambda connection, address: None) as server:
        assert server.address == server.listener.getsockname()
        for name in ("address", "listener"):
            assert inspect.getdoc(getattr(polysock.Server, name))
            with pytest.raises(AttributeError):
                setattr(server, name, None)

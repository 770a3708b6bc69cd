"""CPython's own tests of its socket module over the layer below unchanged programs."""

import json
import sys
from pathlib import Path

import pytest
from layered import comparison  # noqa: F401

STANDARD_TESTS = Path(__file__).resolve().parent / "layer" / "standard_tests.py"


@pytest.mark.parametrize(
    "modules",
    [
        ["test.test_socket"],
        ["test.test_select", "test.test_poll", "test.test_epoll", "test.test_selectors"],
        ["test.test_socketserver", "test.test_asyncio.test_sock_lowlevel", "test.test_asyncio.test_streams"],
    ],
    ids=["test_socket", "test_select and relatives", "test_socketserver, test_asyncio"],
)
def test_python(comparison, modules):  # noqa: F811
    pytest.importorskip("test.test_socket", reason="needs the interpreter's own tests")

    def judge(way):
        return json.loads(
            way.output(sys.executable, STANDARD_TESTS, *modules, cwd=way.folder, timeout=300).splitlines()[-1]
        )

    found, _ = comparison.of(judge)
    assert list(found.values()).count("pass") > 20
    assert set(found.values()) <= {"pass", "skip"}

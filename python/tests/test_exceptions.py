"""Exceptions as native code sees them."""

import ctypes
import subprocess
from pathlib import Path

from helpers import COMPILER, connection, needs_compiler

import polysock as socket


@needs_compiler
def test_native_code_sees_the_class_that_belongs_to_the_number(tmp_path):
    """CPython 3.11 makes an exception only when Python code accesses it; native code may access it before."""
    library = tmp_path / "raised.so"
    subprocess.run([*COMPILER, "-shared", "-fPIC", "-o", library, Path(__file__).with_name("raised.c")], check=True)
    raised = ctypes.PyDLL(str(library)).raised
    raised.argtypes, raised.restype = [ctypes.py_object], ctypes.py_object

    closed = socket.socket()
    closed.close()
    with socket.create_server(("127.0.0.1", 0)) as listener, connection() as (client, _server):
        listener.setblocking(False)
        client.setblocking(False)
        assert raised(listener.accept) is BlockingIOError
        assert raised(lambda: client.recv(1)) is BlockingIOError
        assert raised(lambda: client.recvfrom(1)) is BlockingIOError
        assert raised(closed.getsockname) is OSError
        with socket.socket() as deaf, socket.socket() as refused:
            deaf.bind(("127.0.0.1", 0))
            address = deaf.getsockname()
            assert raised(lambda: refused.connect(address)) is ConnectionRefusedError
        client.settimeout(0.001)
        assert raised(lambda: client.recv(1)) is TimeoutError

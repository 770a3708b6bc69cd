"""Sub-interpreters: the module refuses to load in them, whatever they share with the main interpreter."""

import importlib.util
import subprocess
import sys
import textwrap

import pytest

INTERPRETERS = next((name for name in ("_interpreters", "_xxsubinterpreters") if importlib.util.find_spec(name)), None)

CODE = """
    import sys
    import {module} as interpreters

    inside = '''if True:
        try:
            import polysock
        except ImportError as error:
            print(error, flush=True)
        else:
            print("loaded", flush=True)
    '''

    def look():
        for kind in ("isolated", "legacy"):
            if {new}:
                made = interpreters.create(kind)
                assert interpreters.exec(made, inside) is None
            else:
                made = interpreters.create(isolated=kind == "isolated")
                interpreters.run_string(made, inside)
            interpreters.destroy(made)

    look()
    import polysock
    look()
    with polysock.create_server(("127.0.0.1", 0)) as listener:
        client = polysock.create_connection(listener.getsockname())
        with client, listener.accept()[0] as server:
            client.sendall(b"the main one goes on")
            print(server.recv(100).decode())
"""


@pytest.mark.skipif(INTERPRETERS is None, reason="needs a Python that makes sub-interpreters")
def test_refused_where_its_types_do_not_belong():
    code = CODE.format(module=INTERPRETERS, new=INTERPRETERS == "_interpreters")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    *refused, last = done.stdout.splitlines()
    assert len(refused) == 4
    for text in refused:
        # With their own lock, CPython itself refuses the module.
        assert "can't be loaded in a sub-interpreter" in text or "does not support loading in subinterpreters" in text
    assert last == "the main one goes on"

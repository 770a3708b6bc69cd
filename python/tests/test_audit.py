"""Audit events: those of the standard module."""

import subprocess
import sys
import textwrap


def test_audit_events():
    code = """
        import sys, polysock as socket
        seen = []
        sys.addaudithook(lambda name, args: seen.append((name, args)) if name.startswith("socket.") else None)
        listener = socket.create_server(("127.0.0.1", 0))
        client = socket.socket()
        client.connect(listener.getsockname())
        client.connect_ex(listener.getsockname())
        listener.accept()[0].close()
        socket.getaddrinfo("127.0.0.1", 80)
        for name, args in seen:
            assert name.startswith("socket.get") or isinstance(args[0], socket.socket), (name, args)
            print(name, *[argument for argument in args if isinstance(argument, int)])
        client.close(); listener.close()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "socket.__new__ 2 1 0",
        "socket.bind",
        "socket.__new__ 2 1 0",
        "socket.connect",
        "socket.connect",
        "socket.__new__ 2 1 0",
        "socket.getaddrinfo 80 0 0 0",
    ]


def test_audit_hook_may_refuse():
    code = """
        import sys, polysock as socket
        sock = socket.socket()
        def refuse(name, args):
            if name == "socket.connect":
                raise PermissionError("no")
        sys.addaudithook(refuse)
        try:
            sock.connect(("127.0.0.1", 9))
        except PermissionError as error:
            print(error)
        sock.close()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.stdout, done.stderr) == ("no\n", "")

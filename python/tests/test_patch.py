"""patch() and unpatch(), each test in a new process."""

import shutil
import subprocess
import sys
import textwrap

import pytest
from helpers import PROGRAM_TIMEOUT, needs_ssl


def python(code, *options):
    """Runs a program; any warning and any exception fails it."""
    return subprocess.run(
        [sys.executable, "-W", "error", *options, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT,
        check=False,
    )


def succeeds(code, *options):
    done = python(code, *options)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@needs_ssl
def test_later_imports_get_ours_until_unpatch():
    succeeds("""
        import polysock, sys
        polysock.patch()
        import socket
        assert socket is polysock
        from socket import socket as cls, AF_INET
        assert cls is polysock.socket
        assert issubclass(sys.modules["ssl"].SSLSocket, polysock._constants._standard.socket)
        polysock.unpatch()
        import socket
        assert socket is polysock._constants._standard
    """)


@needs_ssl
def test_modules_loaded_before_are_rebound_and_restored():
    succeeds("""
        import socket, ssl, http.client, smtplib, asyncio.selector_events, polysock
        standard = [socket]
        polysock.patch()
        assert socket is polysock
        for module in http.client, smtplib, asyncio.selector_events:
            assert module.socket is polysock, module
        assert polysock not in vars(ssl).values()
        assert polysock._constants._standard is standard[0]
        polysock.unpatch()
        assert socket is standard[0]
        for module in http.client, smtplib, asyncio.selector_events:
            assert module.socket is standard[0], module
        polysock.patch()
        assert socket is http.client.socket is polysock
    """)


def test_twice_is_once():
    succeeds("""
        import http.client, polysock
        before = http.client.socket
        polysock.patch()
        polysock.patch()
        polysock.unpatch()
        assert http.client.socket is before
        polysock.unpatch()
        assert http.client.socket is before
    """)


def test_unpatch_leaves_what_others_replaced_since():
    succeeds("""
        import http.client, sys, polysock
        polysock.patch()
        http.client.socket = sys.modules["socket"] = "theirs"
        polysock.unpatch()
        assert http.client.socket == sys.modules["socket"] == "theirs"
    """)


def test_threads_may_race():
    succeeds("""
        import http.client, threading, polysock
        before = http.client.socket
        start = threading.Barrier(8)
        def run(mine):
            start.wait()
            for _ in range(50):
                mine()
        threads = [threading.Thread(target=run, args=(f,)) for f in [polysock.patch, polysock.unpatch] * 4]
        for t in threads: t.start()
        for t in threads: t.join()
        polysock.patch()
        assert http.client.socket is polysock
        polysock.unpatch()
        assert http.client.socket is before
    """)


@needs_ssl
def test_the_warning_names_who_holds_the_standard_class():
    done = python("""
        import sys, types
        from socket import socket, AF_INET
        early = sys.modules["early"] = types.ModuleType("early")
        exec("import socket\\nfrom socket import create_connection as connect\\nfrom socket import timeout, getfqdn\\n"
             "class Sub(socket.socket): pass", vars(early))
        import ssl, polysock
        from ssl import SSLSocket
        polysock.patch()
    """)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("RuntimeWarning: ")
    assert last.endswith(" stay as they are: __main__.socket, early.Sub, early.connect")


def test_the_warning_comes_once_patched_and_points_at_the_caller():
    succeeds("""
        import warnings
        from socket import socket
        import polysock
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            polysock.patch()
        assert len(caught) == 1 and caught[0].filename == "<string>", caught
        import sys
        assert sys.modules["socket"] is polysock
    """)


def test_modules_that_wait_for_their_first_use_are_not_loaded():
    succeeds("""
        import importlib.util, sys, polysock
        spec = importlib.util.find_spec("antigravity")
        spec.loader = importlib.util.LazyLoader(spec.loader)
        module = importlib.util.module_from_spec(spec)
        sys.modules["antigravity"] = module
        spec.loader.exec_module(module)
        polysock.patch()
        assert type(module) is not type(sys), "loaded"
    """)


def test_entries_of_sys_modules_that_are_no_modules():
    succeeds("""
        import sys, polysock
        class Proxy:
            @property
            def __class__(self):
                raise AssertionError("touched")
        sys.modules["nothing"] = None
        sys.modules["odd"] = object()
        proxy = Proxy()
        polysock.patch()
    """)


def test_classes_that_compare_in_their_own_way():
    succeeds("""
        import polysock
        class Meta(type):
            def __eq__(cls, other):
                raise AssertionError("compared")  # as a class of typing warns from CPython 3.14 on
        class Odd(metaclass=Meta):
            pass
        polysock.patch()
    """)


def test_without_ssl():
    succeeds("""
        import sys
        sys.modules["_ssl"] = None
        import polysock
        polysock.patch()
        import socket
        assert socket is polysock
        polysock.unpatch()
    """)


@needs_ssl
def test_tls_and_standard_sockets_are_instances():
    succeeds("""
        import socket as standard, polysock
        polysock.patch()
        import socket, ssl
        with standard.socket() as s:
            pass
        with polysock._constants._standard.socket() as s:
            assert isinstance(s, socket.socket)
            class Mine(socket.socket):
                pass
            assert not isinstance(s, Mine)
        with socket.socket() as s:
            assert isinstance(s, socket.socket) and type(s) is socket.socket
        assert issubclass(ssl.SSLSocket, socket.socket)
    """)


@pytest.fixture
def certificate(tmp_path):
    subject = "-subj /CN=localhost -addext subjectAltName=DNS:localhost"
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 {subject} -out cert.pem -keyout key.pem"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    return str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")


@needs_ssl
@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
def test_tls_over_our_sockets(certificate):
    succeeds(
        f"""
        cert, key = {certificate}
        import threading
        import polysock
        polysock.patch()
        import socket, ssl
        there = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        there.load_cert_chain(cert, key)
        here = ssl.create_default_context(cafile=cert)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            def serve():
                plain, _ = listener.accept()
                assert type(plain) is polysock.socket
                with there.wrap_socket(plain, server_side=True) as s:
                    assert plain.fileno() == -1
                    while data := s.recv(65536):
                        s.sendall(data)
            server = threading.Thread(target=serve)
            server.start()
            plain = socket.create_connection(listener.getsockname(), timeout=10)
            with here.wrap_socket(plain, server_hostname="localhost") as s:
                assert isinstance(s, socket.socket) and s.gettimeout() == 10
                s.sendall(b"hello" * 100)
                got = b""
                while len(got) < 500:
                    got += s.recv(500)
                assert got == b"hello" * 100
            server.join()
        """
    )


@pytest.mark.parametrize("first", ["polysock", "multiprocessing.reduction"])
def test_sockets_go_to_other_processes(first):
    succeeds(f"""
        import {first}
        import polysock, socket
        polysock.patch()
        import multiprocessing as mp
        from multiprocessing.reduction import ForkingPickler
        import io, pickle, tempfile
        tempfile.tempdir = "/tmp"  # the sockets are handed over by a Unix socket in there, whose path must be short
        def child(connection):
            s = connection.recv()
            assert type(s) is polysock.socket, type(s)
            s.sendall(b"from the child")
            s.close()
        if __name__ == "__main__":
            context = mp.get_context("fork")
            with polysock.create_server(("127.0.0.1", 0)) as listener:
                near = polysock.create_connection(listener.getsockname())
                far, _ = listener.accept()
            parent_end, child_end = context.Pipe()
            process = context.Process(target=child, args=(child_end,), daemon=True)
            process.start()
            with near, far:
                parent_end.send(far)
                assert near.recv_exact(14) == b"from the child"
                process.join()
            assert process.exitcode == 0
            polysock.unpatch()
            standard = polysock._constants._standard
            with standard.socket() as s:
                ForkingPickler.dumps(s)
            reducers = ForkingPickler._extra_reducers
            assert standard.socket in reducers
    """)

"""Addresses that sockets are bound to and report."""

import os

import pytest
from helpers import needs_ipv6

import polysock as socket


@needs_ipv6
def test_ipv6_addresses():
    with socket.socket(socket.AF_INET6) as sock:
        sock.bind(("::1", 0))
        host, port, flow, scope = sock.getsockname()
        assert (host, flow, scope) == ("::1", 0, 0)
        assert port > 0
    assert socket.has_dualstack_ipv6()
    with socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            server, address = listener.accept()
            server.close()
            assert address[0] == "::ffff:127.0.0.1"


@pytest.mark.parametrize("name", ["path", b"path", "\0abstract", b"\0abstract"])
def test_unix_addresses(tmp_path, monkeypatch, name):
    if name in ("path", b"path"):
        monkeypatch.chdir(tmp_path)  # whose own path may be too long for an address
        address, shown = name, "path"
    else:
        address = f"{'' if isinstance(name, str) else 'b'}polysock-{os.getpid()}-{os.urandom(4).hex()}"
        address = "\0" + address if isinstance(name, str) else b"\0" + address.encode()
        shown = address.encode() if isinstance(address, str) else address
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.bind(address)
        listener.listen()
        assert listener.getsockname() == shown
        client.connect(address)
        server, peer = listener.accept()
        with server:
            assert peer == ""
            client.sendall(b"x")
            assert server.recv(1) == b"x"
    with socket.socket(socket.AF_UNIX) as sock, pytest.raises(OSError, match="AF_UNIX path too long"):
        sock.bind("x" * 200)

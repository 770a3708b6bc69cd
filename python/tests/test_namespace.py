"""Names that a program replaces in the package, as it would in the standard module."""

import time

import pytest

import polysock as socket


def test_a_class_in_place_of_ours_gets_numbers(monkeypatch):
    """Test tools replace `socket.socket` in the module."""

    class Guard(socket.socket):
        def __init__(self, family=-1, type=-1, proto=-1, fileno=None):
            assert fileno is None or (fileno >= 0 and f"{fileno:d}")
            super().__init__(family, type, proto, fileno)

    listener = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setattr(socket, "socket", Guard)
    with listener, socket.create_connection(listener.getsockname()) as client:
        for sock in (*socket.socketpair(), listener.accept()[0], socket.fromfd(listener.fileno(), 2, 1)):
            assert type(sock) is Guard
            sock.close()
        assert type(client) is Guard


def test_a_stopped_or_leaping_clock_is_not_ours(monkeypatch):
    """Test tools replace the clock in `time`; a second address still gets the time that is really left."""
    monkeypatch.setattr(time, "monotonic", iter([0, 1e6, 2e6]).__next__)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        addresses = [(2, 1, 6, "", (host, port)) for host in ("127.0.0.2", "127.0.0.1")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: addresses)
        with socket.create_connection(("two", port), timeout=60) as client:
            assert client.gettimeout() == 60


def test_accept_calls_a_class_in_place_of_ours(monkeypatch):
    made = []

    class Other(socket.socket):
        def __init__(self, family=-1, type=-1, proto=-1, fileno=None):
            made.append((family, type, proto))
            super().__init__(family, type, proto, fileno)

    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        client.connect(listener.getsockname())
        monkeypatch.setattr(socket, "socket", Other)
        server, peer = listener.accept()
        with server:
            assert type(server) is Other
            assert made == [(socket.AF_INET, socket.SOCK_STREAM, 0)]
            assert peer == client.getsockname()
            assert server.getpeername() == peer


@pytest.mark.parametrize("way", ["dup", "fromfd"])
def test_a_class_that_fails_with_a_descriptor_is_the_one_to_close_it(way, monkeypatch):
    made = []

    class Failing(socket.socket):
        def __init__(self, family=-1, type=-1, proto=-1, fileno=None):
            super().__init__(family, type, proto, fileno)
            made.append(self)
            if len(made) > 1:
                raise ValueError

    monkeypatch.setattr(socket, "socket", Failing)
    sock = Failing()
    with pytest.raises(ValueError):
        sock.dup() if way == "dup" else socket.fromfd(sock.fileno(), sock.family, sock.type)
    one, failed = made
    assert failed.family == socket.AF_INET
    assert failed.getsockname() == one.getsockname()  # not closed behind its back
    failed.close()
    one.close()

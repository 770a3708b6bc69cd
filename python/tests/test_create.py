"""Sockets made in one call: create_server, fromfd."""

import pytest
from helpers import connection, refusing_address

import polysock as socket


def test_dup_and_fromfd():
    with connection() as (client, server):
        client.settimeout(7)
        with client.dup() as twin:
            assert twin.fileno() != client.fileno()
            assert twin.gettimeout() == 7
            assert type(twin) is type(client)
            twin.sendall(b"x")
        with socket.fromfd(client.fileno(), socket.AF_INET, socket.SOCK_STREAM) as twin:
            twin.sendall(b"y")
        assert server.recv_exact(2) == b"xy"


def test_create_server_and_connection():
    with socket.create_server(("", 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port), 5, ("127.0.0.1", 0)) as client:
            server, address = listener.accept()
            with server:
                assert address == client.getsockname()
                assert server.getpeername() == address
                assert client.gettimeout() == 5
    with refusing_address() as address:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)
        with pytest.raises(ExceptionGroup) as caught:
            socket.create_connection(address, all_errors=True)
    assert [type(error) for error in caught.value.exceptions] == [ConnectionRefusedError]

"""Sockets that the ssl module takes over, or would have."""

import errno
import gc
import os
import ssl

import pytest
from helpers import Thread, connection


def refused_by_detach(sock):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    with pytest.raises(OSError) as raised:
        context.wrap_socket(sock, do_handshake_on_connect=False)
    assert raised.value.errno == errno.EBUSY
    return raised


def test_a_socket_in_use_is_not_wrapped_and_keeps_its_descriptor():
    """Regression: the TLS socket that should have taken over the descriptor closed it."""
    with connection() as (client, server):
        waiting = Thread(client.recv, 5).asleep()
        refused_by_detach(client)
        gc.collect()
        os.fstat(client.fileno())
        server.sendall(b"hello")
        assert waiting.outcome() == b"hello"

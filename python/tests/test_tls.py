"""Sockets that the ssl module takes over, or would have."""

import gc
import os

from helpers import Thread, connection, needs_ssl, refused_by_detach


@needs_ssl
def test_a_socket_in_use_is_not_wrapped_and_keeps_its_descriptor():
    """Regression: the TLS socket that should have taken over the descriptor closed it."""
    with connection() as (client, server):
        waiting = Thread(client.recv, 5).asleep()
        refused_by_detach(client)
        gc.collect()
        os.fstat(client.fileno())
        server.sendall(b"hello")
        assert waiting.outcome() == b"hello"

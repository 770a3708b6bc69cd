"""A program that tries ports until one is free."""

import socket

with socket.create_server(("127.0.0.1", 0)) as other:
    port = other.getsockname()[1]
    while True:
        try:
            listener = socket.create_server(("127.0.0.1", port))
            break
        except OSError:
            port = port + 1 if port < 65_535 else 1_024
    listener.close()

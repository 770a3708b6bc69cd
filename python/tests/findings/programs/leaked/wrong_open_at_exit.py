"""A connection that is open when the program ends."""

import socket

with socket.create_server(("127.0.0.1", 0)) as listener:
    client = socket.create_connection(listener.getsockname())
    listener.accept()[0].close()

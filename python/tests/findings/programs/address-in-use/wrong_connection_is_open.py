"""The listener is closed, but a connection of it is open: without SO_REUSEADDR its port can't be bound."""

import socket

listener = socket.create_server(("127.0.0.1", 0))
address = listener.getsockname()
with socket.create_connection(address) as client, listener.accept()[0]:
    listener.close()
    with socket.socket() as other:
        try:
            other.bind(address)
        except OSError as error:
            print(error)

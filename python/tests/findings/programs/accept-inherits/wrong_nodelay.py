"""An option of connections that is set on the listener."""

import socket

with socket.create_server(("127.0.0.1", 0)) as listener:
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with socket.create_connection(listener.getsockname()), listener.accept()[0] as connection:
        print(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

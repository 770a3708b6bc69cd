"""A server that accepts late; its queue has room for both clients."""

import socket
import time

with socket.create_server(("127.0.0.1", 0), backlog=1) as listener:
    clients = [socket.create_connection(listener.getsockname()) for _ in range(2)]
    time.sleep(1.1)
    for client in clients:
        listener.accept()[0].close()
        client.close()

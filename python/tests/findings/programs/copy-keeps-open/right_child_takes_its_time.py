"""A server that forks for its client; the child takes longer than a second after the parent has closed its copy."""

import os
import socket
import time

with socket.create_server(("127.0.0.1", 0)) as listener:
    if os.fork() == 0:
        with socket.create_connection(listener.getsockname()) as connection:
            while connection.recv(100):
                pass
        os._exit(0)
    connection, _ = listener.accept()
    parent_closes, parent_has_closed = os.pipe()
    if os.fork() == 0:
        connection.sendall(b"wait")
        os.read(parent_closes, 1)
        time.sleep(1.2)
        connection.close()
        os._exit(0)
    connection.close()
    os.write(parent_has_closed, b".")
    for _ in range(2):
        os.wait()

"""A forking server: the parent closes its copy while the request is unread, which ends nothing."""

import os
import socket

with socket.create_server(("127.0.0.1", 0)) as listener:
    client = socket.create_connection(listener.getsockname(), timeout=10)
    client.sendall(b"request")
    connection, _ = listener.accept()
    while connection.recv(7, socket.MSG_PEEK) != b"request":
        pass
    go, went = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(go, 1)
        client.close()
        connection.sendall(connection.recv(7).upper())
        connection.close()
        os._exit(0)
    connection.close()
    os.write(went, b"x")
    os.close(go)
    os.close(went)
    with client:
        assert client.recv(7) == b"REQUEST"
        assert client.recv(7) == b""
    os.waitpid(child, 0)

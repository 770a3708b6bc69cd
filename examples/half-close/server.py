"""Half close, the server:  server.py [PORT [CLIENTS]]

Sends back in capitals what a client sends. When the client has ended its stream, it sends the sum of all
bytes, which the client gets because it still receives.
"""

import sys

import polysock as socket


def serve(connection: socket.socket) -> str:
    lines = size = 0
    while data := connection.recv(4096):
        lines += data.count(b"\n")
        size += len(data)
        connection.sendall(data.upper())
    total = f"{lines} lines, {size} bytes"
    connection.sendall(total.encode() + b"\n")
    return total


port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
clients = int(sys.argv[2]) if len(sys.argv) > 2 else 1

with socket.create_server(("127.0.0.1", port)) as listener:
    listener.settimeout(60)
    print("listening on {}:{}".format(*listener.getsockname()), flush=True)
    for i in range(1, clients + 1):
        connection, _address = listener.accept()
        with connection:
            connection.settimeout(5)
            try:
                print(f"client {i}: {serve(connection)}")
            except OSError as error:
                print(f"client {i}: {error}")

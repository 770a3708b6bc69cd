"""Echo over TCP, the server:  server.py [PORT [CLIENTS]]

Sends back whatever a client sends, until the client ends its stream. It serves CLIENTS clients (default 1), one
after the other, and ends. A failing client costs only its own connection.
"""

import sys

import polysock as socket


def echo(connection: socket.socket) -> int:
    total = 0
    while data := connection.recv(4096):  # b"": the client has ended its stream
        connection.sendall(data)
        total += len(data)
    return total


port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
clients = int(sys.argv[2]) if len(sys.argv) > 2 else 1

# socket, bind and listen in one call; port 0 lets the system choose, so we ask which port it chose.
with socket.create_server(("127.0.0.1", port)) as listener:
    listener.settimeout(60)
    print("listening on {}:{}".format(*listener.getsockname()), flush=True)
    for i in range(1, clients + 1):
        connection, _address = listener.accept()
        with connection:  # closes it at the end
            connection.settimeout(5)
            try:
                print(f"client {i}: {echo(connection)} bytes sent back")
            except OSError as error:
                print(f"client {i}: {error}")

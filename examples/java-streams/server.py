"""Java's streams, the server with Python's files:  server.py [PORT [CLIENTS]]

`makefile` makes of a socket what BufferedReader and PrintWriter make of it in Java. Sends each line back reversed,
until the client has ended its stream.
"""

import sys

import polysock as socket

LIMIT = 1024


def serve(s: socket.socket) -> int:
    reader = s.makefile("r", encoding="utf-8", errors="replace")
    writer = s.makefile("w", encoding="utf-8", errors="replace", buffering=1)  # 1: each line is sent at once
    count = 0
    with reader, writer:
        while line := reader.readline(LIMIT + 1):
            if len(line) > LIMIT:
                raise ValueError("the line is too long")
            writer.write(line.rstrip("\n")[::-1] + "\n")
            count += 1
    return count


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
                print(f"client {i}: {serve(connection)} lines")
            except (OSError, ValueError) as error:
                print(f"client {i}: {error}")

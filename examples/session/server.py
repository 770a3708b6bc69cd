"""A session, the server:  server.py [PORT [CLIENTS [SECONDS]]]

accept, then receive and answer in turns until the client says "bye". A client that sends nothing for SECONDS (60 if not
told) is disconnected.
"""

import sys

import polysock as socket


def recv_line(s: socket.socket) -> str:
    """Receives a line. The client sends one and waits for its answer, so nothing follows it; but the line
    itself may arrive in parts."""
    line = b""
    while not line.endswith(b"\n"):
        part = s.recv(1024)
        line += part
        if not part:
            raise EOFError("the client left without a word")
        if len(line) > 1024:
            raise ValueError("the line is too long")
    return line[:-1].decode("utf-8", "backslashreplace")


def serve(s: socket.socket, client: int) -> None:
    lines = 0
    line = ""
    while line != "bye":
        line = recv_line(s)
        lines += 1
        print(f"client {client} says: {line}", flush=True)
        size = len(line.encode())
        answer = f"good bye after {lines} lines\n" if line == "bye" else f"line {lines} has {size} bytes\n"
        s.sendall(answer.encode())


port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
clients = int(sys.argv[2]) if len(sys.argv) > 2 else 1
seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 60

with socket.create_server(("127.0.0.1", port)) as listener:
    listener.settimeout(60)
    print("listening on {}:{}".format(*listener.getsockname()), flush=True)
    for i in range(1, clients + 1):
        connection, _address = listener.accept()
        with connection:
            connection.settimeout(seconds)
            try:
                serve(connection, i)
                print(f"client {i}: done", flush=True)
            except (OSError, EOFError, ValueError) as error:
                print(f"client {i}: {error}", flush=True)

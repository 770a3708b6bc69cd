"""A session, the client:  client.py HOST PORT

Sends the lines of its standard input one by one, each after the previous answer. "bye" ends the session, and so does
the end of the input.
"""

import sys

import polysock as socket

host, port = sys.argv[1], int(sys.argv[2])

with socket.create_connection((host, port), timeout=5) as s:
    print("connected; type lines, and bye", flush=True)
    line = ""
    while line != "bye":
        line = (sys.stdin.readline() or "bye").rstrip("\n")  # readline gives "" at the end of the input
        s.sendall(line.encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):  # the answer ends with a newline; it may arrive in parts
            part = s.recv(1024)
            if not part:
                sys.exit("the server ended the session")
            answer += part
        print("server:", answer.decode().rstrip(), flush=True)

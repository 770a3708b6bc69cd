"""Java's streams, the client with Python's files:  client.py HOST PORT"""

import sys

import polysock as socket

host, port = sys.argv[1], int(sys.argv[2])
lines = ["hello", "stressed", "", "the last one"]

with socket.create_connection((host, port), timeout=5) as s, s.makefile("rw", encoding="utf-8") as stream:
    for line in lines:
        stream.write(line + "\n")  # only fills the buffer
    stream.flush()  # now all are sent together
    s.shutdown(socket.SHUT_WR)  # "that was all"

    for line in lines:
        answer = stream.readline().rstrip("\n")
        print(f'"{line}" came back as "{answer}"')
    print(f"and then the end of the stream: {stream.readline() or None}")

"""Echo over TCP, the client:  client.py HOST PORT"""

import sys

import polysock as socket

host, port = sys.argv[1], int(sys.argv[2])

with socket.create_connection((host, port), timeout=5) as s:  # the timeout stays for the calls below
    print("connected")
    for line in (b"hello", b"TCP carries a stream of bytes", b"good bye"):
        s.sendall(line)  # a single send may send only a part
        answer = s.recv_exact(len(line))  # a single recv may return only a part
        print(f'sent "{line.decode()}", received "{answer.decode()}"')
# The end of the block closes: the server reads the end of the stream.

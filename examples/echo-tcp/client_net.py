"""Echo over TCP, Java-style client:  client_net.py HOST PORT"""

import sys

from polysock.net import Socket

host, port = sys.argv[1], int(sys.argv[2])

with Socket(host, port) as s:
    s.setSoTimeout(5_000)
    print("connected")
    for line in (b"hello", b"TCP carries a stream of bytes", b"good bye"):
        s.getOutputStream().write(line)  # all of it, always
        answer = s.getInputStream().readNBytes(len(line))  # a plain read may return only a part
        print(f'sent "{line.decode()}", received "{answer.decode()}"')
# The end of the block closes: the server reads the end of the stream.

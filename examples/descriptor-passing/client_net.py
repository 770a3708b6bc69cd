"""Reads a greeting to its end, Java style:  client_net.py HOST PORT"""

import sys

from polysock.net import Socket

with Socket(sys.argv[1], int(sys.argv[2])) as s:
    s.setSoTimeout(5_000)
    from_server = s.getInputStream()
    buffer = bytearray(100)
    greeting = b""
    while (n := from_server.read(buffer)) != -1:
        greeting += buffer[:n]
    print(greeting.decode() + ", and the end of the stream")

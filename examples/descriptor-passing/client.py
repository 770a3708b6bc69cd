"""Reads a greeting to its end:  client.py HOST PORT"""

import sys

import polysock as socket

with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5) as s:
    greeting = b""
    while data := s.recv(100):
        greeting += data
    print(greeting.decode() + ", and the end of the stream")

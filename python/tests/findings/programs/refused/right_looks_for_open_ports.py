"""A port scan: which of several ports are open?"""

import socket

bound = [socket.socket() for _ in range(5)]
for one in bound:
    one.bind(("127.0.0.1", 0))
for one in bound:
    with socket.socket() as probe:
        print(probe.connect_ex(one.getsockname()))
    one.close()

"""Echo over UDP, the server:  server.py [PORT [CLIENTS]]

Sends each datagram back to where it came from. There are no connections, so nothing tells that a client is done: "bye"
says it here. After CLIENTS of them (1 if not told) the server ends.
"""

import sys

import polysock as socket

port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
clients = int(sys.argv[2]) if len(sys.argv) > 2 else 1

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.bind(("127.0.0.1", port))  # no listen, no accept: one socket serves everybody
    s.settimeout(60)
    print("listening on {}:{}".format(*s.getsockname()), flush=True)
    while clients > 0:
        data, address = s.recvfrom(65536)  # no datagram is longer; b"" is an empty one, not an end
        print("{} bytes from {}:{}".format(len(data), *address))
        try:
            s.sendto(data, address)
        except OSError as error:  # one client's trouble is not the server's
            print(f"no answer: {error}")
        clients -= data == b"bye"

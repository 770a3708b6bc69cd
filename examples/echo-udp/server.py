"""Echo over UDP, the server:  server.py [PORT [CLIENTS]]

Sends each datagram back to where it came from. There are no connections, so nothing shows that a client is done: "bye"
says so here. After CLIENTS of them (default 1) the server ends.
"""

import sys

import polysock as socket

port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
clients = int(sys.argv[2]) if len(sys.argv) > 2 else 1

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.bind(("127.0.0.1", port))  # no listen, no accept: one socket serves all clients
    s.settimeout(60)
    print("listening on {}:{}".format(*s.getsockname()), flush=True)
    while clients > 0:
        data, address = s.recvfrom(65536)  # no datagram is longer; b"" is an empty one, not an end
        print("{} bytes from {}:{}".format(len(data), *address))
        try:
            s.sendto(data, address)
        except OSError as error:  # one client's failure does not end the server
            print(f"no answer: {error}")
        clients -= data == b"bye"

"""Ends each connection as its client asks, "close" or "reset", Java style:  server_net.py [PORT [CLIENTS]]"""

import sys

from polysock.net import InetAddress, IOException, ServerSocket

port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
clients = int(sys.argv[2]) if len(sys.argv) > 2 else 1

with ServerSocket(port, 50, InetAddress.getByName("127.0.0.1")) as listener:
    listener.setSoTimeout(60_000)
    print(f"listening on 127.0.0.1:{listener.getLocalPort()}", flush=True)
    while clients > 0:
        with listener.accept() as s:  # closes it at the end
            s.setSoTimeout(5_000)
            try:
                word = s.getInputStream().readNBytes(5)
            except IOException as exception:
                print(exception)
                clients -= 1
                continue
            if word == b"close":
                # A close sends a FIN: "I have nothing more to send". This client comes again.
                print("closing")
            elif word == b"reset":
                # With linger 0 it sends a RST: "this connection is over, for both of us".
                print("resetting")
                s.setSoLinger(True, 0)
                clients -= 1
            else:
                print("no such request")
                clients -= 1

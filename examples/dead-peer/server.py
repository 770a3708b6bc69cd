"""Ends each connection as its client asks, "close" or "reset":  server.py [PORT [CLIENTS]]"""

import sys

import polysock as socket

port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
clients = int(sys.argv[2]) if len(sys.argv) > 2 else 1

with socket.create_server(("127.0.0.1", port)) as listener:
    listener.settimeout(60)
    print("listening on {}:{}".format(*listener.getsockname()), flush=True)
    while clients > 0:
        s, _address = listener.accept()
        with s:  # closes it at the end, if it is still open
            s.settimeout(5)
            try:
                word = s.recv_exact(5)
            except (OSError, EOFError) as error:
                print(error)
                clients -= 1
                continue
            if word == b"close":
                # Everything is read, so close sends a FIN: "I have nothing more to send". This client comes
                # again.
                print("closing")
            elif word == b"reset":
                # Abort sends a RST: "this connection is over, for both of us".
                print("resetting")
                s.abort()
                clients -= 1
            else:
                print("no such request")
                clients -= 1

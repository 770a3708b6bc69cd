"""The server of core/tests/burst.rs, in Python: `burst_server.py MAX_CONNECTIONS BACKLOG`."""

import itertools
import sys

import polysock

handled = itertools.count()


def answer(connection, address):
    connection.sendall(connection.recv_exact(8))
    next(handled)


limit, backlog = map(int, sys.argv[1:])
server = polysock.Server(("127.0.0.1", 0), answer, max_connections=limit, backlog=backlog)
server.start()
print(server.address[1], flush=True)
sys.stdin.read()
running = server.stop(0.5)
print(next(handled))
sys.exit(running)

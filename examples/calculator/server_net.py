"""A calculator on the callback server, Java style: two clients at once, further ones wait:  server_net.py [PORT]

It ends when a client asks it to, with "stop".
"""

import re
import sys
import threading

from protocol_net import Messages, TooLong

from polysock.net import InetSocketAddress, Server, Socket

# --- the calculator: knows nothing about sockets

REQUEST = re.compile(r"\s*(\S+)\s+([+-]?[0-9]+)\s+([+-]?[0-9]+)\s*", re.ASCII)
LEAST, MOST = -(1 << 63), (1 << 63) - 1


def calculate(request: str) -> str:
    match = REQUEST.fullmatch(request)
    if match is None:
        return "error bad request"
    operation, a, b = match[1], int(match[2]), int(match[3])
    if not (LEAST <= a <= MOST and LEAST <= b <= MOST):
        return "error bad request"
    if operation == "add":
        result = a + b
    elif operation == "subtract":
        result = a - b
    elif operation == "multiply":
        result = a * b
    elif operation != "divide":
        return "error no such operation"
    elif b == 0:
        return "error division by zero"
    else:  # towards zero, as other languages do
        result = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    return f"ok {result}" if LEAST <= result <= MOST else "error overflow"


# --- the connections: know nothing about accepting, threads and limits


def serve(connection: Socket, stop: threading.Event) -> None:
    connection.setSoTimeout(5_000)
    messages = Messages(connection)
    try:
        while (request := messages.receive()) is not None:
            if request == "stop":
                stop.set()
                messages.send("ok stopping")
                return
            messages.send(calculate(request))
    except TooLong:
        messages.send("error too long")
        raise


# --- the server: knows nothing about either


def failed(exception: BaseException, address: object) -> None:
    print("a connection failed:", exception)


port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
stop = threading.Event()
server = Server(InetSocketAddress("127.0.0.1", port), lambda connection: serve(connection, stop), 2, failed)
with server:
    print(f"listening on 127.0.0.1:{server.getLocalPort()}", flush=True)
    stop.wait(60)
    running = server.stop()
print(f"stopped, {running} still run")

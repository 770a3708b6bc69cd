"""A calculator on the callback server: two clients at once, further ones wait:  server.py [PORT]

It ends when a client asks it to, with "stop".
"""

import re
import sys
import threading

from protocol import TooLong, receive_message, send_message

import polysock as socket

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

stop = threading.Event()


def serve(connection: socket.socket, address: tuple[str, int]) -> None:
    connection.settimeout(5)
    try:
        while (request := receive_message(connection)) is not None:
            if request == "stop":
                stop.set()
                send_message(connection, "ok stopping")
                return
            send_message(connection, calculate(request))
    except TooLong:
        send_message(connection, "error too long")
        raise


def failed(exception: BaseException, address: tuple[str, int] | None) -> None:
    print("the server failed:" if address is None else "a connection failed:", exception)


port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
server = socket.Server(("127.0.0.1", port), serve, max_connections=2, on_error=failed)
print("listening on {}:{}".format(*server.address), flush=True)
server.start()  # it serves in its own threads from here on
stop.wait(60)
print(f"stopped, {server.stop(5)} still run")  # running ones may finish

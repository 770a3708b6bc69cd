"""A calculator in Java's manner, with an executor: two clients at once, further ones wait:  server_net.py [PORT]

It ends when a client asks it to, with "stop". java.net has no callback server: this is what `polysock.Server` does for
the other programs here.
"""

import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from protocol_net import Messages, TooLong

from polysock.net import InetAddress, IOException, ServerSocket, Socket, SocketException

# --- the calculator: knows nothing of sockets

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


# --- the connections: know nothing of accepting, threads and limits


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


# --- the server: accepts no more than it can serve


def accept_all(listener: ServerSocket, stop: threading.Event) -> None:
    places = threading.Semaphore(2)  # without it, accepted connections would pile up before the executor

    def task(connection: Socket) -> None:
        try:
            with connection:
                serve(connection, stop)
        except (IOException, TooLong) as exception:
            print("a connection failed:", exception)
        finally:
            places.release()

    with ThreadPoolExecutor(2) as executor:  # waits for its tasks in the end
        while True:
            places.acquire()
            try:
                executor.submit(task, listener.accept())
            except SocketException:  # another thread has closed the listener
                return


port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
stop = threading.Event()
listener = ServerSocket(port, 50, InetAddress.getByName("127.0.0.1"))
print(f"listening on 127.0.0.1:{listener.getLocalPort()}", flush=True)
acceptor = threading.Thread(target=accept_all, args=(listener, stop))
acceptor.start()
stop.wait(60)
listener.close()
acceptor.join()
print("stopped, 0 still run")

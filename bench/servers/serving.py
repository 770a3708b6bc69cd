"""What the servers in Python share: their arguments, and when they end.

A server is started with the arguments `MODE CONNECTIONS`, after others that only it knows. It prints the port on which
it listens, and ends when its standard input does. MODE is what it does with what a connection sends:

    echo    sends back what each receive brought
    frames  takes messages, each after its length in 32 bits, out of the stream and sends each back after its length
    http    takes requests, up to their empty line, and sends a small reply to each

CONNECTIONS is how many the server should be ready for. serving.h is the same for C.
"""

import fcntl
import os
import select
import struct
import sys

HOST = "127.0.0.1"
BACKLOG = 1024
RECEIVE = 4096  # what most programs ask for; much more has malloc map memory for each receive
LENGTH = struct.Struct("!I")
HEAD_ENDS = b"\r\n\r\n"
REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n\r\nHello, world!\n"

MODE, CONNECTIONS = sys.argv[-2], int(sys.argv[-1])


def of_mode(**choices):
    """What serves the mode that was asked for."""
    return choices[MODE]


def listens_on(port):
    """Prints the port; from now on the process ends when its standard input does.

    The system's signal ends it: a thread that reads would be one more that wants the interpreter lock.
    """
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, os.O_ASYNC)  # SIGIO, which ends a process
    print(port, flush=True)
    if select.select([0], [], [], 0)[0]:
        sys.exit()


def messages(unfinished, data):
    """The messages in what has been received so far, and what is left of the next one."""
    data = unfinished + data if unfinished else data
    found, start = [], 0
    while len(data) - start >= LENGTH.size:
        (length,) = LENGTH.unpack_from(data, start)
        end = start + LENGTH.size + length
        if end > len(data):
            break
        found.append(data[start + LENGTH.size : end])
        start = end
    return found, data[start:]


def framed(message):
    return LENGTH.pack(len(message)) + message

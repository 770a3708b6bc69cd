"""Half close, the client:  client.py HOST PORT

Sends its standard input and prints the answers, both as they come: one loop waits for whichever is next. At the end of
the input it shuts down the sending side, and reads on until the server is done.
"""

import os
import select
import sys

import polysock as socket

STDIN = 0  # the descriptor: sys.stdin may keep lines in a buffer, where no poll sees them
host, port = sys.argv[1], int(sys.argv[2])

with socket.create_connection((host, port), timeout=5) as s:
    s.setblocking(False)  # poll does the waiting
    unsent = b""
    typing = True  # until the end of the input
    answer = b"?"  # b"" is the end of the server's stream
    while answer:
        # Waits for input only when all previous input is sent, and for room only when there is something to send.
        waiting = select.poll()
        waiting.register(s, select.POLLIN | (select.POLLOUT if unsent else 0))
        if typing and not unsent:
            waiting.register(STDIN, select.POLLIN)
        ready = dict(waiting.poll(60_000))
        if not ready:
            sys.exit("nothing happens")
        if STDIN in ready:
            unsent = os.read(STDIN, 4096)
            if not unsent:
                typing = False
                s.shutdown(socket.SHUT_WR)  # "that was all"; we still receive
        events = ready.get(s.fileno(), 0)
        if events & select.POLLOUT:
            unsent = unsent[s.send(unsent) :]  # as much as there is room for
        if events & ~select.POLLOUT:  # data, the end of the stream, or an error: recv says which
            answer = s.recv(4096)
            sys.stdout.buffer.write(answer)
            sys.stdout.buffer.flush()
    print("the server has ended its stream")

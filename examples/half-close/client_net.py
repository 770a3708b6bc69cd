"""Half close, Java-style client:  client_net.py HOST PORT

Sends its standard input and prints the answers, both as they come. java.net has no poll for standard input: a thread
reads it and sends. At the end of it the thread shuts the output, and the answers are read on until the server is done.
"""

import os
import sys
import threading

from polysock.net import IOException, Socket

host, port = sys.argv[1], int(sys.argv[2])


def send_input(s: Socket) -> None:
    try:
        while typed := os.read(0, 4096):
            s.getOutputStream().write(typed)
        s.shutdownOutput()  # "that was all"; the other half stays open
    except IOException:
        pass  # the connection is over; the reader notices too


with Socket(host, port) as s:
    s.setSoTimeout(60_000)
    threading.Thread(target=send_input, args=(s,), daemon=True).start()
    buffer = bytearray(4096)
    while (n := s.getInputStream().read(buffer)) != -1:
        sys.stdout.buffer.write(buffer[:n])
        sys.stdout.buffer.flush()
    print("the server has ended its stream")

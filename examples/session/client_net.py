"""A session, Java-style client:  client_net.py HOST PORT

Sends the lines of its standard input one by one, each after the previous answer. "bye" ends the session, and so does
the end of the input.
"""

import sys

from polysock.net import BufferedReader, InputStreamReader, PrintWriter, Socket

host, port = sys.argv[1], int(sys.argv[2])

with Socket(host, port) as s:
    s.setSoTimeout(5_000)
    from_server = BufferedReader(InputStreamReader(s.getInputStream()))
    to_server = PrintWriter(s.getOutputStream(), True)  # True: println sends at once
    print("connected; type lines, and bye", flush=True)
    line = ""
    while line != "bye":
        line = (sys.stdin.readline() or "bye").rstrip("\n")  # readline gives "" at the end of the input
        to_server.println(line)
        answer = from_server.readLine()
        if answer is None:
            sys.exit("the server ended the session")
        print("server:", answer, flush=True)

"""Java's streams, the client:  client_net.py HOST PORT"""

import sys

from polysock.net import BufferedReader, InputStreamReader, PrintWriter, Socket

host, port = sys.argv[1], int(sys.argv[2])
lines = ["hello", "stressed", "", "the last one"]

with Socket(host, port) as s:
    s.setSoTimeout(5_000)
    reader = BufferedReader(InputStreamReader(s.getInputStream()))
    writer = PrintWriter(s.getOutputStream())  # without autoflush: println only fills the buffer

    for line in lines:
        writer.println(line)
    writer.flush()  # now all are sent together
    s.shutdownOutput()  # "that was all"

    for line in lines:
        print(f'"{line}" came back as "{reader.readLine()}"')
    print(f"and then the end of the stream: {reader.readLine()}")

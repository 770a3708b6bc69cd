"""A session, Java-style server:  server_net.py [PORT [CLIENTS [SECONDS]]]

accept, then read and answer in turns until the client says "bye". A client that sends nothing for SECONDS (60 if not
told) is disconnected.
"""

import sys

from polysock.net import BufferedReader, InetAddress, InputStreamReader, IOException, PrintWriter, ServerSocket, Socket


def serve(client: Socket, number: int) -> str:
    # The reader has a buffer, so a line may arrive in parts. Java has no such limit: there a line may fill the memory.
    from_client = BufferedReader(InputStreamReader(client.getInputStream()), longestLine=1024)
    to_client = PrintWriter(client.getOutputStream(), True)  # True: println sends at once
    lines = 0
    while (line := from_client.readLine()) is not None:
        lines += 1
        print(f"client {number} says: {line}", flush=True)
        if line == "bye":
            to_client.println(f"good bye after {lines} lines")
            return "done"
        to_client.println(f"line {lines} has {len(line.encode())} bytes")
    return "left without a word"


port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
clients = int(sys.argv[2]) if len(sys.argv) > 2 else 1
seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 60

with ServerSocket(port, 16, InetAddress.getLoopbackAddress()) as listener:
    listener.setSoTimeout(60_000)
    print(f"listening on 127.0.0.1:{listener.getLocalPort()}", flush=True)
    for i in range(1, clients + 1):
        with listener.accept() as client:
            client.setSoTimeout(seconds * 1000)
            try:
                print(f"client {i}: {serve(client, i)}", flush=True)
            except IOException as exception:
                print(f"client {i}: {exception}", flush=True)

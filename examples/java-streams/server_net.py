"""Java's streams, the server:  server_net.py [PORT [CLIENTS]]

The classic program: BufferedReader and PrintWriter over the streams of a Socket. Sends each line back reversed, until
the client has ended its stream.
"""

import sys

from polysock.net import BufferedReader, InetAddress, InputStreamReader, IOException, PrintWriter, ServerSocket, Socket


def serve(client: Socket) -> int:
    # Java has no longestLine: there an endless line fills the memory.
    reader = BufferedReader(InputStreamReader(client.getInputStream()), longestLine=1024)
    writer = PrintWriter(client.getOutputStream(), True)  # True: println sends at once
    count = 0
    while (line := reader.readLine()) is not None:
        writer.println(line[::-1])
        count += 1
    return count


port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
clients = int(sys.argv[2]) if len(sys.argv) > 2 else 1

with ServerSocket(port, 16, InetAddress.getLoopbackAddress()) as listener:
    listener.setSoTimeout(60_000)
    print(f"listening on 127.0.0.1:{listener.getLocalPort()}", flush=True)
    for i in range(1, clients + 1):
        with listener.accept() as client:
            client.setSoTimeout(5_000)
            try:
                print(f"client {i}: {serve(client)} lines")
            except IOException as exception:
                print(f"client {i}: {exception}")

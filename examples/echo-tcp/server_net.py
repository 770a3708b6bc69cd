"""Echo over TCP, Java-style server:  server_net.py [PORT [CLIENTS]]

Sends back whatever a client sends, until the client ends its stream. It serves CLIENTS clients (default 1), one
after the other, and ends. A failing client costs only its own connection.
"""

import sys

from polysock.net import InetAddress, IOException, ServerSocket, Socket


def echo(client: Socket) -> int:
    from_client, to_client = client.getInputStream(), client.getOutputStream()
    buffer = bytearray(4096)
    total = 0
    while (n := from_client.read(buffer)) != -1:  # -1: the client has ended its stream
        to_client.write(buffer[:n])
        total += n
    return total


port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
clients = int(sys.argv[2]) if len(sys.argv) > 2 else 1

with ServerSocket(port, 16, InetAddress.getLoopbackAddress()) as listener:
    listener.setSoTimeout(60_000)
    print(f"listening on 127.0.0.1:{listener.getLocalPort()}", flush=True)
    for i in range(1, clients + 1):
        with listener.accept() as client:  # closes it at the end
            client.setSoTimeout(5_000)  # for reads; a write has no time limit in java.net
            try:
                print(f"client {i}: {echo(client)} bytes sent back")
            except IOException as exception:
                print(f"client {i}: {exception}")

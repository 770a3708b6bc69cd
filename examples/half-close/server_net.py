"""Half close, Java-style server:  server_net.py [PORT [CLIENTS]]

Sends back in capitals what a client sends. When the client has ended its stream, it sends the sum of all
bytes, which the client gets because it still receives.
"""

import sys

from polysock.net import InetAddress, IOException, ServerSocket, Socket


def serve(client: Socket) -> str:
    from_client, to_client = client.getInputStream(), client.getOutputStream()
    buffer = bytearray(4096)
    lines = size = 0
    while (n := from_client.read(buffer)) != -1:
        lines += buffer.count(b"\n", 0, n)
        size += n
        to_client.write(buffer[:n].upper())
    total = f"{lines} lines, {size} bytes"
    to_client.write(total.encode() + b"\n")
    return total


port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
clients = int(sys.argv[2]) if len(sys.argv) > 2 else 1

with ServerSocket(port, 16, InetAddress.getLoopbackAddress()) as listener:
    listener.setSoTimeout(60_000)
    print(f"listening on 127.0.0.1:{listener.getLocalPort()}", flush=True)
    for i in range(1, clients + 1):
        with listener.accept() as client:
            client.setSoTimeout(5_000)
            try:
                print(f"client {i}: {serve(client)}")
            except IOException as exception:
                print(f"client {i}: {exception}")

"""Echo over UDP, Java-style server:  server_net.py [PORT [CLIENTS]]

Sends each datagram back to where it came from. There are no connections, so nothing tells that a client is done: "bye"
says it here. After CLIENTS of them (1 if not told) the server ends.
"""

import sys

from polysock.net import DatagramPacket, DatagramSocket, InetAddress, IOException

port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
clients = int(sys.argv[2]) if len(sys.argv) > 2 else 1

with DatagramSocket(port, InetAddress.getLoopbackAddress()) as s:  # no accept: one socket serves everybody
    s.setSoTimeout(60_000)
    print(f"listening on 127.0.0.1:{s.getLocalPort()}", flush=True)
    packet = DatagramPacket(bytearray(65536), 65536)  # no datagram is longer
    while clients > 0:
        s.receive(packet)  # sets its length and its address; length 0 is an empty datagram, not an end
        data = packet.getData()[: packet.getLength()]
        print(f"{len(data)} bytes from {packet.getAddress().getHostAddress()}:{packet.getPort()}")
        try:
            s.send(packet)  # the address it came from is the one it goes to
        except IOException as exception:  # one client's trouble is not the server's
            print(f"no answer: {exception}")
        clients -= data == b"bye"

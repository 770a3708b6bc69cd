"""Echo over UDP, Java-style server:  server_net.py [PORT [CLIENTS]]

Sends each datagram back to where it came from. There are no connections, so nothing shows that a client is done: "bye"
says so here. After CLIENTS of them (default 1) the server ends.
"""

import sys

from polysock.net import DatagramPacket, DatagramSocket, InetAddress, IOException

port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
clients = int(sys.argv[2]) if len(sys.argv) > 2 else 1

with DatagramSocket(port, InetAddress.getLoopbackAddress()) as s:  # no accept: one socket serves all clients
    s.setSoTimeout(60_000)
    print(f"listening on 127.0.0.1:{s.getLocalPort()}", flush=True)
    packet = DatagramPacket(bytearray(65536), 65536)  # no datagram is longer
    while clients > 0:
        s.receive(packet)  # sets its length and its address; length 0 is an empty datagram, not an end
        data = packet.getData()[: packet.getLength()]
        print(f"{len(data)} bytes from {packet.getAddress().getHostAddress()}:{packet.getPort()}")
        try:
            s.send(packet)  # it goes back to the address it came from
        except IOException as exception:  # one client's failure does not end the server
            print(f"no answer: {exception}")
        clients -= data == b"bye"

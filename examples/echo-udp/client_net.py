"""Echo over UDP, Java-style client:  client_net.py HOST PORT"""

import sys

from polysock.net import DatagramPacket, DatagramSocket, InetSocketAddress

server = InetSocketAddress(sys.argv[1], int(sys.argv[2]))

with DatagramSocket() as s:
    s.setSoTimeout(5_000)  # a datagram may get lost; then no answer comes, ever

    def tell(text: str) -> None:
        data = text.encode()
        s.send(DatagramPacket(data, len(data), server))

    def hear() -> None:
        """Receives one datagram of up to 16 bytes. Java does not tell when it cuts; room for one more shows it."""
        packet = DatagramPacket(bytearray(17), 17)
        s.receive(packet)
        if packet.getSocketAddress() != server:  # anybody may send to a UDP socket
            print("not from the server", file=sys.stderr)
        data = packet.getData()[: min(packet.getLength(), 16)]
        lost = ", and the rest of it is lost" if packet.getLength() > 16 else ""
        print(f'received {len(data)} bytes "{data.decode()}"{lost}')

    tell("one")  # two datagrams stay two, even if both are there before we look: TCP would give "onetwo"
    tell("two")
    hear()
    hear()
    tell("")  # a datagram may be empty; receiving 0 bytes is not the end of anything
    hear()
    tell("longer than sixteen bytes")
    hear()
    tell("bye")
    hear()

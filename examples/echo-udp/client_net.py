"""Echo over UDP, Java-style client:  client_net.py HOST PORT"""

import sys

from polysock.net import DatagramPacket, DatagramSocket, InetSocketAddress

server = InetSocketAddress(sys.argv[1], int(sys.argv[2]))

with DatagramSocket() as s:
    s.setSoTimeout(5_000)  # a datagram may get lost; then no answer ever comes

    def send_text(text: str) -> None:
        data = text.encode()
        s.send(DatagramPacket(data, len(data), server))

    def receive() -> None:
        """Receives one datagram of up to 16 bytes. Java does not report truncation; room for one more byte shows it."""
        packet = DatagramPacket(bytearray(17), 17)
        s.receive(packet)
        if packet.getSocketAddress() != server:  # any host may send to a UDP socket
            print("not from the server", file=sys.stderr)
        data = packet.getData()[: min(packet.getLength(), 16)]
        lost = ", and the rest of it is lost" if packet.getLength() > 16 else ""
        print(f'received {len(data)} bytes "{data.decode()}"{lost}')

    send_text("one")  # two datagrams stay two, even if both have arrived before we receive: TCP would give "onetwo"
    send_text("two")
    receive()
    receive()
    send_text("")  # a datagram may be empty; receiving 0 bytes is not the end of anything
    receive()
    send_text("longer than sixteen bytes")
    receive()
    send_text("bye")
    receive()

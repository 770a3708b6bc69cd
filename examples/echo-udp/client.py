"""Echo over UDP, the client:  client.py HOST PORT"""

import sys

import polysock as socket

server = (sys.argv[1], int(sys.argv[2]))

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.settimeout(5)  # a datagram may get lost; then no answer ever comes

    def send_text(text: str) -> None:
        s.sendto(text.encode(), server)

    def receive() -> None:
        """Receives one datagram into a buffer of 16 bytes."""
        data, _control, flags, address = s.recvmsg(16)  # recvfrom does not report truncation
        if address != server:  # any host may send to a UDP socket
            print("not from the server", file=sys.stderr)
        lost = ", and the rest of it is lost" if flags & socket.MSG_TRUNC else ""
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

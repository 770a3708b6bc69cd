"""Echo over UDP, the client:  client.py HOST PORT"""

import sys

import polysock as socket

server = (sys.argv[1], int(sys.argv[2]))

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.settimeout(5)  # a datagram may get lost; then no answer comes, ever

    def tell(text: str) -> None:
        s.sendto(text.encode(), server)

    def hear() -> None:
        """Receives one datagram into room for 16 bytes."""
        data, _control, flags, address = s.recvmsg(16)  # recvfrom does not tell when it cuts
        if address != server:  # anybody may send to a UDP socket
            print("not from the server", file=sys.stderr)
        lost = ", and the rest of it is lost" if flags & socket.MSG_TRUNC else ""
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

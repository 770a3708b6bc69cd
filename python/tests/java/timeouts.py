"""Time limits: of reads, accepts, receives and connects only (rows 5, 6, 18)."""

from java.twin import Pair, act, show, text, waiting

from polysock.net import (
    DatagramPacket,
    DatagramSocket,
    InetAddress,
    InetSocketAddress,
    ServerSocket,
    Socket,
    SocketTimeoutException,
)


def run():
    pair = Pair()
    client = pair.client
    stream = client.getInputStream()
    show("fresh", lambda: client.getSoTimeout())
    act("negative", lambda: client.setSoTimeout(-1))
    client.setSoTimeout(30)
    show("set", lambda: client.getSoTimeout())
    show("read", lambda: stream.read())
    show("array", lambda: stream.read(bytearray(4)))
    show("nothing", lambda: stream.read(bytearray(0)))
    pair.server.getOutputStream().write(b"ab")
    show("next", lambda: stream.read())
    show("still", lambda: f"{text(client.isClosed())} {text(client.isConnected())}")
    client.setSoTimeout(0)
    show("off", lambda: client.getSoTimeout())
    show("rest", lambda: stream.read())
    client.setSoTimeout(1)

    def write():
        client.getOutputStream().write(bytes(8 << 20))
        return "written"

    waiting("writeHasNone", write, lambda: pair.server.getInputStream().readNBytes(8 << 20))
    pair.close()

    with ServerSocket(0) as listener:
        act("listener.negative", lambda: listener.setSoTimeout(-1))
        listener.setSoTimeout(30)
        show("listener.accept", lambda: listener.accept())
        other = Socket("127.0.0.1", listener.getLocalPort())
        accepted = listener.accept()
        show("listener.inherited", lambda: accepted.getSoTimeout())
        accepted.close()
        other.close()

    with DatagramSocket() as socket:
        act("datagram.negative", lambda: socket.setSoTimeout(-1))
        socket.setSoTimeout(30)
        act("datagram.receive", lambda: socket.receive(DatagramPacket(bytearray(1), 1)))
        show("datagram.set", lambda: socket.getSoTimeout())

    filling = []
    with ServerSocket(0, 1, InetAddress.getByName("127.0.0.1")) as full:
        address = InetSocketAddress("127.0.0.1", full.getLocalPort())
        act("connect.negative", lambda: Socket().connect(address, -1))

        def fill():
            for _ in range(20):
                filling.append(Socket())
                filling[-1].connect(address, 100)

        act("connect.full", fill)
        last = Socket()

        def connect():
            try:
                last.connect(address, 50)
            except SocketTimeoutException as e:
                return e.bytesTransferred
            return "connected"

        show("connect.isTimeout", connect)
        show("connect.connected", lambda: last.isConnected())
        show("connect.closed", lambda: last.isClosed())
        act("connect.again", lambda: last.connect(address, 50))
    for socket in filling:
        socket.close()

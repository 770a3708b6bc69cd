"""One sender, two receivers on the same port: joining a group, and leaving it, Java style."""

import os

from polysock.net import (
    DatagramPacket,
    InetAddress,
    InetSocketAddress,
    MulticastSocket,
    NetworkInterface,
    SocketTimeoutException,
)

# A group that only this process uses, so that runs don't disturb each other. 239.x.y.z is for private use.
GROUP = InetAddress.getByName(f"239.255.{os.getpid() >> 8 & 255}.{os.getpid() & 255}")
LOOPBACK = NetworkInterface.getByName("lo")


def receiver(port: int) -> MulticastSocket:
    s = MulticastSocket(port)  # with reuse-address, so that both receivers can have the port
    s.joinGroup(InetSocketAddress(GROUP, 0), LOOPBACK)
    return s


def received(s: MulticastSocket, timeout_ms: int) -> str:
    s.setSoTimeout(timeout_ms)
    packet = DatagramPacket(bytearray(100), 100)
    try:
        s.receive(packet)
    except SocketTimeoutException:
        return "nothing"
    return bytes(packet.getData()[: packet.getLength()]).decode()


def send(s: MulticastSocket, data: bytes, port: int) -> None:
    s.send(DatagramPacket(data, len(data), GROUP, port))


with MulticastSocket(0) as sender, receiver(0) as first, receiver(first.getLocalPort()) as second:
    port = first.getLocalPort()
    sender.setNetworkInterface(LOOPBACK)
    print(f"the sender has not joined; its datagrams pass {sender.getTimeToLive() - 1} routers")

    send(sender, b"hello, both", port)
    print("the first receiver:", received(first, 5_000))
    print("the second receiver:", received(second, 5_000))

    second.leaveGroup(InetSocketAddress(GROUP, 0), LOOPBACK)
    print("the second receiver leaves")
    send(sender, b"hello, first", port)
    print("the first receiver:", received(first, 5_000))
    print("the second receiver:", received(second, 200))

"""polysock.net beyond what test_net_java.py compares: threads, garbage collection, Python features of the classes."""

import contextlib
import copy
import errno
import gc
import inspect
import os
import pickle
import socket as standard
import stat
import subprocess
import sys
import time

import pytest
from helpers import Thread, end_by_itself, full_listener, own_name_is_known

import polysock
from polysock import net
from polysock.net import (
    DatagramPacket,
    DatagramSocket,
    InetAddress,
    InetSocketAddress,
    MulticastSocket,
    NetworkInterface,
    Scanner,
    ServerSocket,
    Socket,
    SocketException,
    SocketTimeoutException,
    StandardSocketOptions,
)

TREE = {
    "IOException": (OSError,),
    "EOFException": (net.IOException, EOFError),
    "UTFDataFormatException": (net.IOException,),
    "UnsupportedEncodingException": (net.IOException,),
    "SocketException": (net.IOException,),
    "BindException": (SocketException,),
    "ConnectException": (SocketException, ConnectionRefusedError),
    "NoRouteToHostException": (SocketException,),
    "PortUnreachableException": (SocketException, ConnectionRefusedError),
    "InterruptedIOException": (net.IOException,),
    "SocketTimeoutException": (net.InterruptedIOException, TimeoutError),
    "UnknownHostException": (net.IOException, standard.gaierror),
    "ProtocolException": (net.IOException,),
    "IllegalArgumentException": (ValueError,),
    "IllegalStateException": (RuntimeError,),
    "NullPointerException": (TypeError,),
    "IndexOutOfBoundsException": (IndexError,),
    "UnsupportedOperationException": (NotImplementedError,),
    "NoSuchElementException": (LookupError,),
    "InputMismatchException": (net.NoSuchElementException, ValueError),
    "UnknownFormatConversionException": (net.IllegalArgumentException,),
    "MissingFormatArgumentException": (net.IllegalArgumentException,),
    "IllegalFormatConversionException": (net.IllegalArgumentException,),
}


@pytest.mark.parametrize("name", TREE)
def test_exceptions_are_javas_and_pythons(name):
    raised = getattr(net, name)
    assert raised.__module__ == "polysock.net"
    for base in TREE[name]:
        assert issubclass(raised, base)
    assert raised("words").getMessage() == str(raised("words")) == "words"
    assert raised().getMessage() is None


def test_every_exception_is_in_the_tree():
    names = {name for name in net.__all__ if name.endswith("Exception")}
    assert names == TREE.keys()
    assert not issubclass(SocketTimeoutException, SocketException)


def test_numbers_and_python_classes_of_failures(ends):
    client, server = ends
    server.setSoLinger(True, 0)
    server.close()
    with pytest.raises(ConnectionResetError) as caught:
        client.getInputStream().read()
    assert (type(caught.value).__name__, caught.value.errno) == ("SocketException", errno.ECONNRESET)
    with pytest.raises(BrokenPipeError) as caught:
        client.getOutputStream().write(b"x")
    assert isinstance(caught.value, SocketException)
    assert caught.value.done == 0
    client.close()
    with pytest.raises(SocketException) as caught:
        client.getSoTimeout()
    assert (caught.value.errno, caught.value.strerror) == (errno.EBADF, "Socket is closed")
    with pytest.raises(net.UnknownHostException) as caught:
        InetAddress.getByName("no.such.host.invalid")
    # The texts of a resolver, of one that does not answer, and of one that refuses.
    assert caught.value.errno in (standard.EAI_NONAME, standard.EAI_AGAIN, standard.EAI_FAIL)


def test_close_wakes_connect():
    with full_listener() as listener:
        client = Socket()
        address = InetSocketAddress(*listener.getsockname())
        waiter = Thread(client.connect, address).asleep()
        client.close()
        with pytest.raises(SocketException, match="Socket closed"):
            waiter.outcome()


def test_readers_take_turns_within_their_time(ends):
    client, server = ends
    stream = client.getInputStream()
    first = Thread(stream.read).asleep()
    client.setSoTimeout(50)
    began = time.monotonic()
    with pytest.raises(SocketTimeoutException):
        stream.read()
    assert time.monotonic() - began >= 0.05
    server.getOutputStream().write(7)
    assert first.outcome() == 7


def test_reading_and_writing_at_the_same_time(ends):
    client, server = ends
    reader = Thread(client.getInputStream().readNBytes, 4).asleep()
    much = os.urandom(4 << 20)
    there = Thread(server.getInputStream().readNBytes, len(much))
    client.getOutputStream().write(much)
    assert there.outcome() == much
    server.getOutputStream().write(b"done")
    assert reader.outcome() == b"done"


def test_writers_do_not_interleave(ends):
    client, server = ends
    out = client.getOutputStream()
    size = 1 << 20
    writers = [Thread(out.write, bytes([number]) * size) for number in range(3)]
    stream = server.getInputStream()
    blocks = [stream.readNBytes(size) for _ in writers]
    for writer in writers:
        writer.outcome()
    assert sorted(blocks) == [bytes([number]) * size for number in range(3)]


def test_who_forgets_a_socket_closes_it():
    with ServerSocket(0) as listener:
        client = Socket("127.0.0.1", listener.getLocalPort())
        server = listener.accept()
        stream = client.getInputStream()
        del client
        gc.collect()
        server.getOutputStream().write(b"the stream keeps it")
        assert stream.readNBytes(19) == b"the stream keeps it"
        del stream
        gc.collect()
        assert server.getInputStream().read() == -1
        server.close()


def sockets():
    """The inodes of the open sockets."""
    inodes = set()
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # the listing's own is gone
            status = os.stat(f"/proc/self/fd/{number}")
            if stat.S_ISSOCK(status.st_mode):
                inodes.add(status.st_ino)
    return inodes


SHOW_SOCKETS = f"import contextlib, os, stat\n{inspect.getsource(sockets)}\nprint(*sockets())"


def test_other_programs_inherit_nothing():
    before = sockets()  # the process that started the tests may have left some
    with ServerSocket(0) as listener, DatagramSocket(), Socket("127.0.0.1", listener.getLocalPort()), listener.accept():
        ours = sockets() - before
        run = [sys.executable, "-c", SHOW_SOCKETS]
        other = subprocess.run(run, close_fds=False, capture_output=True, text=True, timeout=30, check=True)
    assert len(ours) == 4
    assert ours.isdisjoint(int(inode) for inode in other.stdout.split())


def test_classes_may_be_derived_from():
    class MySocket(Socket):
        label = "mine"

    class Listener(ServerSocket):
        def accept(self):
            return self, super().accept()

    with Listener(0) as listener, MySocket("127.0.0.1", listener.getLocalPort()) as client:
        itself, server = listener.accept()
        server.close()
        assert itself is listener
        assert client.label == "mine"
        assert client.getInputStream().read() == -1


def test_tcp_info(ends):
    client, _server = ends
    assert client.getTcpInfo().state == "ESTABLISHED"
    client.shutdownOutput()
    assert client.getTcpInfo().state.startswith("FIN_WAIT")
    client.close()
    with pytest.raises(SocketException, match="Socket is closed"):
        client.getTcpInfo()


def test_options_take_their_types_only(ends):
    client, _server = ends
    with pytest.raises(TypeError):
        client.setOption(StandardSocketOptions.TCP_NODELAY, 1)
    with pytest.raises(TypeError):
        client.setOption(StandardSocketOptions.SO_RCVBUF, "large")
    with pytest.raises(TypeError):
        client.setOption("SO_RCVBUF", 1000)
    assert {option.type() for option in client.supportedOptions()} == {bool, int}
    assert StandardSocketOptions.IP_MULTICAST_IF.type() is NetworkInterface
    assert StandardSocketOptions.SO_LINGER in client.supportedOptions()


def test_arguments_that_java_does_not_compile(ends):
    client, _server = ends
    for call in (
        lambda: Socket("host"),
        lambda: Socket(80),
        lambda: Socket("localhost", "http"),
        lambda: ServerSocket("80"),
        lambda: ServerSocket(0, 1, "127.0.0.1"),
        lambda: Socket().connect(("127.0.0.1", 80)),
        lambda: Socket().bind("127.0.0.1"),
        lambda: DatagramSocket("80"),
        lambda: DatagramPacket("text", 4),
        lambda: DatagramPacket(b"text"),
        lambda: DatagramPacket(b"text", 4, "127.0.0.1", 80),
        lambda: InetSocketAddress("host"),
        lambda: InetAddress(),
        lambda: client.setSoLinger(1, 1),
        lambda: client.setSoTimeout(1.5),
    ):
        with pytest.raises((TypeError, ValueError)):
            call()


def test_a_packet_to_receive_into_is_a_bytearray():
    with DatagramSocket() as receiver, DatagramSocket() as sender:
        here = InetSocketAddress("127.0.0.1", receiver.getLocalPort())
        sender.send(DatagramPacket(memoryview(b"any buffer"), 10, here))
        with pytest.raises(TypeError, match="read-write"):
            receiver.receive(DatagramPacket(b"fixed", 5))
        packet = DatagramPacket(bytearray(16), 16)
        receiver.receive(packet)
        assert packet.getData()[: packet.getLength()] == b"any buffer"
        for method in (receiver.receive, sender.send):
            with pytest.raises(net.NullPointerException):
                method(None)


def test_a_child_still_knows_its_datagram_peer():
    with DatagramSocket() as receiver, DatagramSocket() as sender:
        sender.connect(InetSocketAddress("127.0.0.1", receiver.getLocalPort()))
        child = os.fork()
        if child == 0:
            end_by_itself()
            sender.send(DatagramPacket(b"from the child", 14))
            os._exit(0 if sender.getPort() == receiver.getLocalPort() else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        packet = DatagramPacket(bytearray(20), 20)
        receiver.receive(packet)
        assert packet.getLength() == 14


def test_a_group_by_its_bare_address():
    group, loopback = InetAddress.getByName("239.255.77.8"), NetworkInterface.getByName("lo")
    with MulticastSocket(0) as member, MulticastSocket() as sender:
        member.setNetworkInterface(loopback)
        member.joinGroup(group)
        sender.setNetworkInterface(loopback)
        sender.send(DatagramPacket(b"hi", 2, group, member.getLocalPort()))
        packet = DatagramPacket(bytearray(2), 2)
        member.setSoTimeout(5000)
        member.receive(packet)
        assert packet.getData() == b"hi"
        member.leaveGroup(group)
        assert [address.getHostAddress() for address in loopback.getInetAddresses()].count("127.0.0.1") == 1


def test_addresses_are_values():
    one, other = InetAddress.getByName("127.0.0.1"), InetAddress.getByAddress("name", bytes([127, 0, 0, 1]))
    assert one == other
    assert hash(one) == hash(other)
    assert one != "127.0.0.1"
    assert len({one, other, InetAddress.getByName("::1")}) == 2
    assert {InetSocketAddress(one, 80): 1}[InetSocketAddress(other, 80)] == 1
    with pytest.raises(AttributeError):
        one.host = "changed"
    for wrong in ("localhost", "", "no-address"):
        with pytest.raises(net.IllegalArgumentException):
            InetAddress.ofLiteral(wrong)
    assert InetAddress.ofLiteral("::1").getHostAddress() == "0:0:0:0:0:0:0:1"
    if own_name_is_known():
        assert InetAddress.getLocalHost().getHostName() == polysock.gethostname()
    else:
        with pytest.raises(net.UnknownHostException, match=polysock.gethostname()):
            InetAddress.getLocalHost()


def test_addresses_can_be_copied_and_pickled():
    link_local = InetAddress.getByName("fe80::1%1")
    named = InetAddress.getByAddress("no.such.host.invalid", b"\1\2\3\4")
    addresses = [
        *(InetAddress.getLoopbackAddress(), InetAddress.getByName("::1"), link_local, named),
        *(InetSocketAddress(named, 80), InetSocketAddress(link_local, 0), InetSocketAddress(7)),
        InetSocketAddress.createUnresolved("elsewhere", 65535),
    ]

    def again(address):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            yield pickle.loads(pickle.dumps(address, protocol))
        yield copy.copy(address)
        yield copy.deepcopy([address])[0]

    for address in addresses:
        for other in again(address):
            assert (other, type(other), str(other)) == (address, type(address), str(address))
    assert [other.getScopeId() for other in again(link_local)] == [1] * (pickle.HIGHEST_PROTOCOL + 3)
    for other in again(addresses[-1]):
        assert other.isUnresolved()


def test_a_scanner_goes_on_after_a_timeout(ends):
    client, server = ends
    server.setSoTimeout(20)
    scanner, out = Scanner(server.getInputStream()), client.getOutputStream()
    out.write(b"half a li")
    assert not scanner.hasNextLine()
    assert isinstance(scanner.ioException(), SocketTimeoutException)
    with pytest.raises(net.NoSuchElementException):
        scanner.nextLine()
    out.write(b"ne\n12")
    assert scanner.nextLine() == "half a line"
    assert not scanner.hasNextInt()  # more digits may come
    out.write(b"3 x")
    assert scanner.nextInt() == 123
    client.close()
    assert list(scanner) == ["x"]
    assert Scanner("a text, too").next() == "a"


def test_a_scanner_of_a_broken_connection(ends):
    client, server = ends
    server.setSoLinger(True, 0)
    scanner = Scanner(client.getInputStream())
    server.close()
    assert not scanner.hasNext()
    assert isinstance(scanner.ioException(), ConnectionResetError)

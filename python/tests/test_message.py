"""Datagrams, messages, descriptors, files."""

import array
import os
import socket as standard

import pytest

import polysock as socket


@pytest.fixture
def datagrams():
    with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as two:
        for sock in (one, two):
            sock.bind(("127.0.0.1", 0))
            sock.settimeout(10)
        yield one, two


@pytest.fixture
def pair():
    one, two = socket.socketpair()
    with one, two:
        one.settimeout(10)
        two.settimeout(10)
        yield one, two


def test_datagrams_say_who_sent_them(datagrams):
    one, two = datagrams
    assert one.sendto(b"abc", two.getsockname()) == 3
    assert two.recvfrom(2) == (b"ab", one.getsockname())
    assert one.sendto(b"", 0, two.getsockname()) == 0
    assert two.recvfrom(10) == (b"", one.getsockname())
    one.sendmsg([b"x", memoryview(b"yz")], [], 0, two.getsockname())
    room = bytearray(5)
    assert two.recvfrom_into(room, 2) == (2, one.getsockname())
    assert room == b"xy\0\0\0"


def test_truncation_is_told(datagrams):
    one, two = datagrams
    one.sendto(b"abcdef", two.getsockname())
    data, ancillary, flags, address = two.recvmsg(3)
    assert (data, ancillary, address) == (b"abc", [], one.getsockname())
    assert flags & socket.MSG_TRUNC


def test_messages_scatter(pair):
    one, two = pair
    assert one.sendmsg([b"abc", bytearray(b"de"), array.array("b", [102])]) == 6
    first, second = bytearray(2), bytearray(9)
    assert two.recvmsg_into([first, second]) == (6, [], 0, None)
    assert first + second[:4] == b"abcdef"


def test_packets_come_as_messages():
    try:
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))  # ETH_P_ALL
    except PermissionError:
        pytest.skip("needs CAP_NET_RAW")
    with raw, socket.socket(type=socket.SOCK_DGRAM) as sock:
        raw.settimeout(10)
        raw.bind(("lo", 3))
        sock.bind(("127.0.0.1", 0))
        mine = os.urandom(16)
        sock.sendto(mine, sock.getsockname())
        for _ in range(10_000):  # others may be talking, too
            data, _ancillary, flags, address = raw.recvmsg(2000, 100)
            if data.endswith(mine):
                break
    assert data.endswith(mine)
    assert flags == 0
    assert len(address) == 5


@pytest.mark.parametrize("name", ["send_fds", "recv_fds"])
def test_what_the_standard_module_ignores_is_ignored(name):
    class Sock:
        def sendmsg(self, *args):
            return args[2:]

        def recvmsg(self, *args):
            return b"", [], args[2:], None

    if name == "send_fds":
        ours, theirs = (module.send_fds(Sock(), [b"x"], [], 1, "name") for module in (socket, standard))
    else:
        ours, theirs = (module.recv_fds(Sock(), 1, 1, 1)[2] or (0,) for module in (socket, standard))
    assert ours == theirs


def test_descriptors_travel_and_children_do_not_get_them(pair):
    one, two = pair
    read, write = os.pipe()
    assert socket.send_fds(one, [b"x"], [write]) == 1
    data, [copy], _flags, _address = socket.recv_fds(two, 10, 3)
    assert data == b"x"
    assert not os.get_inheritable(copy)
    os.write(copy, b"y")
    assert os.read(read, 1) == b"y"
    for fd in (read, write, copy):
        socket.close(fd)


def test_descriptors_without_room_are_closed(pair):
    one, two = pair
    socket.send_fds(one, [b"x"], [one.fileno()])
    data, ancillary, flags, _ = two.recvmsg(1)
    assert (data, ancillary) == (b"x", [])
    assert flags & socket.MSG_CTRUNC


def test_wrong_arguments(pair):
    one, two = pair
    with pytest.raises(TypeError, match=r"sendto\(\) takes 2 or 3 arguments \(1 given\)"):
        one.sendto(b"x")
    with pytest.raises(TypeError, match="argument 1 must be an iterable"):
        one.sendmsg(5)
    with pytest.raises(TypeError, match=r"(sequence|tuple) of length 3, not 2"):
        one.sendmsg([b"x"], [(1, 2)])
    with pytest.raises(TypeError, match="single-segment read-write buffers"):
        two.recvmsg_into([b"x"])
    with pytest.raises(ValueError, match="invalid ancillary data buffer length"):
        two.recvmsg(1, -1)
    with pytest.raises(ValueError, match="nbytes is greater"):
        two.recvfrom_into(bytearray(1), 5)
    with pytest.raises(OSError, match="algset is only supported for AF_ALG"):
        one.sendmsg_afalg([b"x"], op=1)
    for call in (socket.CMSG_LEN, socket.CMSG_SPACE):
        for wrong in (-1, 0x7FFFFFFF):
            with pytest.raises(OverflowError):
                call(wrong)


def test_buffers_are_released_afterwards(pair):
    one, _ = pair
    data = bytearray(10)

    class Items:
        def __iter__(self):
            yield data
            yield memoryview(b"x")

    assert one.sendmsg(Items()) == 11
    data.extend(b"free again")


@pytest.mark.parametrize("way", ["sendfile", "_sendfile_use_send"])
def test_sendfile(pair, tmp_path, way):
    one, two = pair
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    with path.open("rb") as file:
        send = getattr(one, way)
        assert send(file, 2, 3) == 3
        assert file.tell() == 5
        assert send(file, 5) == 5
        assert file.tell() == 10
        assert send(file, 8, 100) == 2
        with pytest.raises(ValueError, match="positive integer"):
            send(file, count=0)
    assert two.recv_exact(10) == b"2345678989"

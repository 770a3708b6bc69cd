"""Datagrams and messages: recvfrom, sendmsg, recvmsg and their kin."""

import array
import os
import socket as standard
import struct

import pytest
from helpers import connection

import polysock as socket


@pytest.fixture
def datagrams():
    with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as two:
        for sock in (one, two):
            sock.bind(("127.0.0.1", 0))
            sock.settimeout(10)
        yield one, two


def test_datagrams_have_their_senders_address(datagrams):
    one, two = datagrams
    assert one.sendto(b"abc", two.getsockname()) == 3
    assert two.recvfrom(2) == (b"ab", one.getsockname())
    assert one.sendto(b"", 0, two.getsockname()) == 0
    assert two.recvfrom(10) == (b"", one.getsockname())
    one.sendmsg([b"x", memoryview(b"yz")], [], 0, two.getsockname())
    room = bytearray(5)
    assert two.recvfrom_into(room, 2) == (2, one.getsockname())
    assert room == b"xy\0\0\0"


@pytest.mark.parametrize("kind", [list, tuple, iter])
def test_any_number_of_buffers_makes_one_message(datagrams, kind):
    one, two = datagrams
    for count in range(8):
        buffers = [bytes([65 + place]) * place if place % 2 else bytearray(b"-") for place in range(count)]
        expected = b"".join(buffers)
        assert one.sendmsg(kind(buffers), [], 0, two.getsockname()) == len(expected)
        assert two.recv(100) == expected
        with pytest.raises(TypeError, match="bytes-like object is required"):
            one.sendmsg(kind([*buffers, "text"]), [], 0, two.getsockname())
        for buffer in buffers:
            if isinstance(buffer, bytearray):
                buffer.append(0)  # no longer exported


def test_truncation_is_reported(datagrams):
    one, two = datagrams
    one.sendto(b"abcdef", two.getsockname())
    data, ancillary, flags, address = two.recvmsg(3)
    assert (data, ancillary, address) == (b"abc", [], one.getsockname())
    assert flags & socket.MSG_TRUNC


def netlink_answer(module):
    sock = module.socket(module.AF_NETLINK, module.SOCK_RAW)
    sock.bind((0, 0))
    # RTM_GETLINK of all interfaces: the header and a struct ifinfomsg.
    sock.send(struct.pack("=IHHIIBxHiII", 32, 18, 0x301, 1, 0, 0, 0, 0, 0, 0))
    return sock


WITHOUT_ROOM = {
    "recv": lambda s, flags: s.recv(1, flags),
    "recvfrom": lambda s, flags: s.recvfrom(1, flags)[0],
    "recvmsg": lambda s, flags: s.recvmsg(1, 0, flags)[0],
    "recv_into": lambda s, flags: s.recv_into(bytearray(1), 1, flags),
    "recvfrom_into": lambda s, flags: s.recvfrom_into(bytearray(1), 1, flags)[0],
    "recvmsg_into": lambda s, flags: s.recvmsg_into([bytearray(1)], 0, flags)[0],
}


def length(received):
    return received if isinstance(received, int) else len(received)


@pytest.mark.parametrize("call", WITHOUT_ROOM)
def test_the_whole_length_of_a_datagram_is_reported(datagrams, call):
    """Programs size their buffers by it. recvmsg() returns what fitted, as the standard module's does up to 3.14."""
    one, two = datagrams
    one.sendto(bytes([7]) * 5000, two.getsockname())
    for flags in (socket.MSG_PEEK, 0):
        returned = WITHOUT_ROOM[call](two, flags | socket.MSG_TRUNC)
        # Nothing was received beyond the buffer, and nothing that was in memory before may show.
        assert returned in (5000, b"\7" + bytes(4999) if call != "recvmsg" else b"\7")


@pytest.mark.parametrize("call", WITHOUT_ROOM)
def test_the_whole_length_of_a_netlink_message_is_reported(call):
    with netlink_answer(standard) as theirs, netlink_answer(socket) as ours:
        ours.settimeout(10)
        flags = socket.MSG_PEEK | socket.MSG_TRUNC
        expected, returned = (length(WITHOUT_ROOM[call](sock, flags)) for sock in (theirs, ours))
        if call == "recvmsg":
            assert returned == 1  # CPython 3.15.0 adds what is in memory behind its buffer
        else:
            assert returned == expected
            assert len(ours.recv(returned)) == returned > 32


@pytest.mark.parametrize("room", [100, 10_000])
def test_what_a_stream_drops_shows_nothing_of_memory(room):
    with connection() as (client, server):
        client.sendall(b"x" * 100)
        server.settimeout(10)
        assert server.recv(room, socket.MSG_TRUNC) == bytes(100)
        client.sendall(b"y" * 100)
        assert server.recvmsg(room, 0, socket.MSG_TRUNC)[0] == bytes(100)


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
        # Other programs may be sending, too, and leave no room for it in the queue.
        for number in range(10_000):
            if number % 100 == 0:
                sock.sendto(mine, sock.getsockname())
            data, _ancillary, flags, address = raw.recvmsg(2000, 100)
            if data.endswith(mine):
                break
    assert data.endswith(mine)
    assert flags == 0
    assert len(address) == 5


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

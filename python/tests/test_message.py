"""Datagrams, messages, descriptors, files."""

import array
import io
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
def test_the_whole_length_of_a_datagram_is_told(datagrams, call):
    """Programs size their buffers by it. recvmsg() returns what there was room for, as the standard module's."""
    one, two = datagrams
    one.sendto(bytes([7]) * 5000, two.getsockname())
    for flags in (socket.MSG_PEEK, 0):
        returned = WITHOUT_ROOM[call](two, flags | socket.MSG_TRUNC)
        # Beyond the room nothing was received, and nothing that was in memory before may show.
        assert returned in (5000, b"\7" + bytes(4999) if call != "recvmsg" else b"\7")


@pytest.mark.parametrize("call", WITHOUT_ROOM)
def test_the_whole_length_of_a_netlink_message_is_told(call):
    with netlink_answer(standard) as theirs, netlink_answer(socket) as ours:
        ours.settimeout(10)
        flags = socket.MSG_PEEK | socket.MSG_TRUNC
        expected, returned = (length(WITHOUT_ROOM[call](sock, flags)) for sock in (theirs, ours))
        assert returned == expected
        if call != "recvmsg":
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
        sock.sendto(mine, sock.getsockname())
        for _ in range(10_000):  # others may be talking, too
            data, _ancillary, flags, address = raw.recvmsg(2000, 100)
            if data.endswith(mine):
                break
    assert data.endswith(mine)
    assert flags == 0
    assert len(address) == 5


def test_flags_of_recv_fds_and_the_address_of_send_fds_count(pair):
    """The standard module ignores them. The flags of `send_fds` it ignores too, and there programs rely on it."""
    _, two = pair
    two.settimeout(None)
    with pytest.raises(BlockingIOError):
        socket.recv_fds(two, 1, 1, socket.MSG_DONTWAIT)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver, receiver.dup() as copy:
        receiver.bind(b"\0" + os.urandom(16))
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            ignored = socket.MSG_OOB
            assert socket.send_fds(sender, [b"abc"], [copy.fileno()], ignored, receiver.getsockname()) == 3
        for _ in range(2):
            data, [fd], flags, _ = socket.recv_fds(receiver, 1, 1, socket.MSG_PEEK | socket.MSG_TRUNC)
            assert (data, flags & socket.MSG_TRUNC) == (b"a", socket.MSG_TRUNC)
            os.close(fd)


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


def opened(path):
    return path.open("rb")


def in_memory(path):
    return io.BytesIO(path.read_bytes())


@pytest.mark.parametrize("file", [opened, in_memory])
@pytest.mark.parametrize(
    ("offset", "count", "expected"),
    [(0, None, b"0123456789"), (0, 3, b"012"), (6, None, b"6789"), (6, 2**63, b"6789"), (6, 2**64, b"6789")],
)
def test_sendfile_starts_at_the_offset_wherever_the_file_is(pair, tmp_path, file, offset, count, expected):
    one, two = pair
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    with file(path) as content:
        content.seek(4)
        assert one.sendfile(content, offset, count) == len(expected)
        assert content.tell() == offset + len(expected)
    one.shutdown(socket.SHUT_WR)
    assert two.recv(100) == expected


def test_sendfile_of_files_that_say_they_are_empty(pair, tmp_path):
    one, two = pair
    with open("/proc/self/status", "rb") as file:
        length = one.sendfile(file, 6)
        assert file.tell() == length + 6
        file.seek(0)
        name = file.readline()
    assert two.recv_exact(length).startswith(name[6:])
    empty = tmp_path / "empty"
    empty.touch()
    with empty.open("rb") as file:
        assert one.sendfile(file) == 0


@pytest.mark.parametrize("offset", [-1, 2**63, 2**64, 1.5, "1"])
def test_sendfile_refuses_offsets_as_the_standard_module_does(pair, tmp_path, offset):
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    one, _two = pair
    theirs, theirs_too = standard.socketpair()
    with path.open("rb") as file, theirs, theirs_too:
        with pytest.raises(Exception) as expected:
            theirs.sendfile(file, offset)
        with pytest.raises(Exception) as caught:
            one.sendfile(file, offset)
    assert (caught.type, str(caught.value)) == (expected.type, str(expected.value))


def test_sendfile_of_a_pipe(pair):
    one, two = pair
    read, write = os.pipe()
    os.write(write, b"through a pipe")
    os.close(write)
    with open(read, "rb") as file:
        assert one.sendfile(file) == 14
    assert two.recv_exact(14) == b"through a pipe"

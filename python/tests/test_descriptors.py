"""send_fds and recv_fds: descriptors that are passed over a Unix socket."""

import os

import pytest

import polysock as socket


def test_flags_of_recv_fds_and_the_address_of_send_fds_count(pair):
    """The standard module ignores both. It also ignores the flags of `send_fds`, on which programs rely."""
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

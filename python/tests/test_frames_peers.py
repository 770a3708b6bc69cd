"""The 32-bit form with peers that are not ours: multiprocessing's connections, struct, protobuf's varints."""

import errno
import pickle
import socket as standard
import struct
import tempfile
from multiprocessing.connection import Client, Listener, answer_challenge, deliver_challenge

import pytest
from helpers import WAIT_LIMIT, Thread

import polysock as socket
from polysock import Framing

# From nothing to what multiprocessing sends in two writes, and what no buffer holds.
SIZES = (0, 1, 64, 16_384, 16_385, 3 << 20)
# Where multiprocessing chooses, it needs the name localhost.
ADDRESS = {"AF_INET": ("127.0.0.1", 0), "AF_UNIX": None}
OBJECT = {"text": "häh", "numbers": [1, 2.5, None]}


@pytest.fixture(params=["AF_INET", "AF_UNIX"])
def family(request):
    # The path of a Unix socket must be short.
    before, tempfile.tempdir = tempfile.tempdir, "/tmp"
    yield request.param
    tempfile.tempdir = before


def connected(listener):
    sock = socket.socket(getattr(socket, listener._listener._family))
    sock.settimeout(WAIT_LIMIT)
    sock.connect(listener.address)
    return sock


def exchange(ours, theirs):
    """Sends and receives messages at both ends."""

    def answer():
        for size in SIZES:
            assert theirs.recv_bytes() == b"x" * size
            theirs.send_bytes(b"y" * size)
        assert theirs.recv() == OBJECT
        theirs.send(OBJECT)
        theirs.close()

    answering = Thread(answer)
    for size in SIZES:
        ours.send_frame(b"x" * size)
        assert ours.recv_frame() == b"y" * size
    ours.send_frame(pickle.dumps(OBJECT))
    assert pickle.loads(ours.recv_frame()) == OBJECT
    assert ours.recv_frame() is None
    answering.outcome()


def test_a_listener_of_multiprocessing(family):
    with Listener(ADDRESS[family], family) as listener:
        accepting = Thread(listener.accept)
        with connected(listener) as ours, accepting.outcome() as theirs:
            exchange(ours, theirs)


class Authenticated:
    """What the challenges of multiprocessing need: they are messages, too."""

    def __init__(self, sock):
        self.sock = sock
        self.send_bytes = sock.send_frame

    def recv_bytes(self, longest):
        return self.sock.recv_frame(Framing(limit=longest))


def test_a_listener_of_multiprocessing_that_wants_a_key(family):
    with Listener(ADDRESS[family], family, authkey=b"key") as listener:
        accepting = Thread(listener.accept)
        with connected(listener) as ours:
            answer_challenge(Authenticated(ours), b"key")
            deliver_challenge(Authenticated(ours), b"key")
            with accepting.outcome() as theirs:
                exchange(ours, theirs)


@pytest.mark.parametrize("key", [None, b"key"])
def test_a_client_of_multiprocessing(key):
    with socket.create_server(("127.0.0.1", 0)) as server:
        connecting = Thread(lambda: Client(server.getsockname(), authkey=key))
        ours, _ = server.accept()
        with ours:
            ours.settimeout(WAIT_LIMIT)
            if key:
                deliver_challenge(Authenticated(ours), key)
                answer_challenge(Authenticated(ours), key)
            with connecting.outcome() as theirs:
                exchange(ours, theirs)


def test_messages_of_two_gigabytes_which_multiprocessing_announces_differently_are_refused(pair):
    """It sends -1 and then 64 bits. Sizes from 2 GiB on are beyond every sensible limit."""
    sender, receiver = pair
    sender.sendall(struct.pack("!i", -1) + struct.pack("!Q", 1 << 31))
    with pytest.raises(OSError) as raised:
        receiver.recv_frame()
    assert raised.value.errno == errno.EMSGSIZE


def read_exactly(file, count):
    data = file.read(count)
    assert len(data) == count
    return data


@pytest.mark.parametrize(
    ("form", "framing"),
    [
        ("!B", Framing.length_prefix(8)),
        ("!H", Framing.length_prefix(16)),
        ("<H", Framing.length_prefix(16, "little")),
        ("!I", Framing()),
        ("<I", Framing.length_prefix(32, "little")),
        ("!Q", Framing.length_prefix(64)),
        ("<Q", Framing.length_prefix(64, "little")),
    ],
)
def test_a_peer_that_uses_struct(form, framing):
    theirs, given = standard.socketpair()
    messages = [b"", b"x", b"y" * 200]
    with theirs, theirs.makefile("rb") as file, socket.socket(fileno=given.detach()) as ours:
        for message in messages:
            theirs.sendall(struct.pack(form, len(message)) + message)
            ours.send_frame(message, framing)
        assert ours.recv_frames(framing=framing) == messages
        for message in messages:
            (length,) = struct.unpack(form, read_exactly(file, struct.calcsize(form)))
            assert read_exactly(file, length) == message


def test_varints_are_protobufs(pair):
    """300 is the example of protobuf's own documentation."""
    sender, receiver = pair
    sender.send_frame(b"x" * 300, Framing.varint())
    assert receiver.recv_exact(2) == b"\xac\x02"
    assert receiver.recv_exact(300) == b"x" * 300
    sender.sendall(b"\x82\x00hi")  # padded, as protobuf allows
    assert receiver.recv_frame(Framing.varint()) == b"hi"

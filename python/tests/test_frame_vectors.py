"""Messages as other programs put them on the wire (conformance/vectors/frames.txt), sent and received."""

import sys
from pathlib import Path

import pytest
from helpers import Thread

import polysock

CONFORMANCE = Path(__file__).resolve().parents[2] / "conformance"
sys.path.append(str(CONFORMANCE / "drivers/python"))
from frames import framing_of  # noqa: E402
from values import payload  # noqa: E402

LINES = (CONFORMANCE / "vectors/frames.txt").read_text().splitlines()
VECTORS = {line.split()[0]: line for line in LINES if line and not line.startswith("#")}


@pytest.fixture(params=VECTORS)
def vector(request):
    """A framing, messages, and their bytes."""
    left, right = VECTORS[request.param].split(" = ")
    _name, framing, *messages = left.split(" ")
    wire = b"".join(payload(piece) for piece in right.split(" "))
    return framing_of(polysock, framing), [payload(message) for message in messages], wire


def test_there_are_some():
    assert len(VECTORS) > 20


def test_what_is_sent_is_what_other_programs_send(pair, vector):
    (sender, receiver), (framing, messages, wire) = pair, vector
    sending = Thread(sender.send_frames, messages, framing)
    assert receiver.recv_exact(len(wire)) == wire
    sending.outcome()


@pytest.mark.parametrize("step", [97, 1 << 20])
def test_what_other_programs_send_is_received(pair, vector, step):
    (sender, receiver), (framing, messages, wire) = pair, vector

    def send():
        for at in range(0, len(wire), step):
            sender.sendall(wire[at : at + step])
        sender.shutdown(polysock.SHUT_WR)

    sending = Thread(send)
    assert list(receiver.frames(framing)) == messages
    sending.outcome()

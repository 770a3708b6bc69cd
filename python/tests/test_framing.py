"""Framing: a value that says how a stream is divided into messages."""

import copy
import itertools
import pickle

import pytest

from polysock import Framing

MIB = 1 << 20
ALL = {
    "Framing.length_prefix(bits=32, byteorder='big')": Framing(),
    "Framing.length_prefix(bits=32, byteorder='big', limit=5)": Framing(limit=5),
    "Framing.length_prefix(bits=16, byteorder='little')": Framing.length_prefix(16, "little"),
    "Framing.varint()": Framing.varint(),
    "Framing.varint(limit=9)": Framing.varint(limit=9),
    r"Framing.delimiter(b'\r\n')": Framing.delimiter(b"\r\n"),
    "Framing.delimiter(b',', limit=0)": Framing.delimiter(b",", limit=0),
    "Framing.lines()": Framing.lines(),
    "Framing.lines(limit=1)": Framing.lines(limit=1),
    "Framing.fixed(9)": Framing.fixed(9),
    "Framing.fixed(9, limit=12)": Framing.fixed(9, limit=12),
    f"Framing.fixed({20 * MIB})": Framing.fixed(20 * MIB),
}


@pytest.mark.parametrize("text", ALL)
def test_the_text_is_a_call_that_makes_an_equal_one(text):
    framing = ALL[text]
    assert repr(framing) == text
    for other in (eval(text), pickle.loads(pickle.dumps(framing)), copy.copy(framing), copy.deepcopy(framing)):
        assert type(other) is Framing
        assert (other, hash(other), other.limit, repr(other)) == (framing, hash(framing), framing.limit, text)


def test_different_ones_are_not_equal():
    for one, other in itertools.combinations(ALL.values(), 2):
        assert one != other
    assert len(set(ALL.values())) == len(ALL)
    assert Framing() != "Framing()"
    assert Framing() == Framing.length_prefix() == Framing(limit=16 * MIB)


def test_limits():
    assert Framing().limit == 16 * MIB
    assert Framing(limit=3).limit == 3
    assert Framing.fixed(20 * MIB).limit == 20 * MIB
    with pytest.raises(AttributeError):
        Framing().limit = 3


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: Framing(5), TypeError, "positional"),
        (lambda: Framing(limit=-1), ValueError, "negative limit"),
        (lambda: Framing(limit=1 << 64), OverflowError, "too large"),
        (lambda: Framing(limit=1.5), TypeError, "float"),
        (lambda: Framing.length_prefix(24), ValueError, "bits must be 8, 16, 32 or 64"),
        (lambda: Framing.length_prefix(32, "native"), ValueError, "byteorder must be either 'little' or 'big'"),
        (lambda: Framing.delimiter(b""), ValueError, "delimiter must have 1 to 16 bytes"),
        (lambda: Framing.delimiter(b"x" * 17), ValueError, "delimiter must have 1 to 16 bytes"),
        (lambda: Framing.delimiter("\n"), TypeError, "bytes"),
        (lambda: Framing.fixed(0), ValueError, "size must not be 0"),
        (lambda: Framing.fixed(-1), ValueError, "negative size"),
    ],
)
def test_what_makes_no_framing(make, error, text):
    with pytest.raises(error, match=text):
        make()

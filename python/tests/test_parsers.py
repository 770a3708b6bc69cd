"""The properties in parsers.py, with the inputs in corpus/ and others made from them by random changes."""

import random
import time
from pathlib import Path

import parsers
import pytest

CORPUS = Path(__file__).parent / "corpus"
ROUNDS = 2000


def changed(choose, corpus):
    """An input with up to four changes."""
    data = bytearray(choose.choice(corpus))
    for _ in range(choose.randrange(5)):
        at = choose.randrange(len(data) + 1)
        other = choose.choice(corpus)
        match choose.randrange(5):
            case 0:
                data.insert(at, choose.randrange(256))
            case 1:
                data[at:] = other[choose.randrange(len(other) + 1) :]
            case 2:
                del data[at : at + 1]
            case 3:
                data[at : at + 1] = bytes([choose.randrange(256)])
            case 4:
                del data[at:]
    return bytes(data)


def test_every_corpus_has_its_property():
    assert sorted(folder.name for folder in CORPUS.iterdir()) == sorted(parsers.PROPERTIES)


@pytest.mark.parametrize("name", parsers.PROPERTIES)
def test_property(name):
    holds = parsers.PROPERTIES[name]
    corpus = [file.read_bytes() for file in sorted((CORPUS / name).iterdir())]
    for data in corpus:
        holds(data)
    seed = time.time_ns()
    choose = random.Random(seed)
    for _ in range(ROUNDS):
        data = changed(choose, corpus)
        try:
            holds(data)
        except Exception as failed:
            raise AssertionError(f"{name} fails with {data!r}") from failed

"""There is room for the connections of a measurement before it begins."""

import pytest
from time_wait import SECONDS, await_room

REMEMBERED = "sockets: used 9\nTCP: inuse 1 orphan 0 tw {} alloc 2 mem 0\nUDP: inuse 0 mem 0\n"


@pytest.fixture
def kernel(tmp_path):
    """A kernel that remembers 90 of at most 100, and forgets 20 a second."""
    most, sockets, slept = tmp_path / "most", tmp_path / "sockets", []
    most.write_text("100\n")
    sockets.write_text(REMEMBERED.format(90))

    def sleep(seconds):
        slept.append(seconds)
        sockets.write_text(REMEMBERED.format(max(0, 90 - 20 * sum(slept))))

    return most, sockets, sleep, slept


@pytest.mark.parametrize(("wanted", "seconds"), [(0, 0), (10, 0), (11, 1), (50, 2), (51, 3), (100, 5)])
def test_it_waits_until_there_is_room(kernel, wanted, seconds):
    most, sockets, sleep, slept = kernel
    await_room(wanted, most, sockets, sleep)
    assert slept == [1] * seconds


def test_it_does_not_wait_for_room_that_there_never_is(kernel, tmp_path):
    most, sockets, sleep, slept = kernel
    await_room(101, most, sockets, sleep)
    await_room(1, tmp_path / "of another system", sockets, sleep)
    assert slept == []


def test_it_does_not_wait_for_longer_than_connections_are_remembered(kernel):
    most, sockets, _, slept = kernel
    with pytest.raises(RuntimeError, match="remember 11 ended connections"):
        await_room(11, most, sockets, slept.append)
    assert SECONDS <= sum(slept) <= SECONDS + 10

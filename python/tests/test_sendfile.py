"""sendfile: offsets, counts and positions, and files that the kernel can't send."""

import io
import os
import socket as standard

import pytest

import polysock as socket


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

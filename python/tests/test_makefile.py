"""makefile: files over a socket."""

import io
import socket as standard
import subprocess
import sys

import pytest
from helpers import PROGRAM_TIMEOUT, connection

import polysock


def test_makefile_keeps_the_socket_open():
    with connection() as (client, server):
        file = client.makefile("rwb")
        client.close()
        assert client.fileno() != -1
        file.write(b"line\n")
        file.flush()
        assert server.recv_exact(5) == b"line\n"
        server.sendall(b"answer\n")
        assert file.readline() == b"answer\n"
        file.close()
        assert client.fileno() == -1


def test_makefile_text_and_timeouts():
    with connection() as (client, server):
        server.sendall("grüße\n".encode())
        with client.makefile(encoding="utf-8") as file:
            assert file.readline() == "grüße\n"
        client.settimeout(0.01)
        with client.makefile("rb") as file:
            with pytest.raises(TimeoutError):
                file.read(1)
            with pytest.raises(OSError, match="cannot read from timed out object"):
                file.read(1)
        with pytest.raises(ValueError, match="invalid mode"):
            client.makefile("a")


def test_the_raw_file_refuses_what_it_was_not_opened_for():
    with connection() as (client, server):
        server.sendall(b"12")
        reader, writer = client.makefile("rb", 0), client.makefile("wb", 0)
        assert reader.read(1) == b"1"
        assert writer.write(b"3") == 1
        for wrong in (lambda: reader.write(b"4"), lambda: writer.read(1)):
            with pytest.raises(io.UnsupportedOperation, match=r"not (read|writ)able"):
                wrong()
        reader.close()
        writer.close()
        for closed in (lambda: reader.readinto(bytearray(1)), lambda: writer.write(b"4")):
            with pytest.raises(ValueError, match="closed"):
                closed()


def test_a_subclass_of_the_raw_file_decides_what_it_is_open_for():
    class Shut(polysock.SocketIO):
        def readable(self):
            return False

    with connection() as (client, server):
        server.sendall(b"1")
        client._io_refs += 1
        with Shut(client, "rb") as file, pytest.raises(io.UnsupportedOperation):
            file.readinto(bytearray(1))


def test_the_raw_files_of_standard_and_tls_sockets_are_instances():
    class Mine(polysock.SocketIO):
        pass

    with standard.socket() as sock, sock.makefile("rb", 0) as file:
        assert isinstance(file, polysock.SocketIO)
        assert not isinstance(file, Mine)
    assert issubclass(standard.SocketIO, polysock.SocketIO)
    assert not issubclass(polysock.SocketIO, standard.SocketIO)


def test_a_text_file_without_an_encoding_warns_where_it_was_made():
    code = "import polysock as socket; sock = socket.socket(); sock.makefile('rb').close(); sock.makefile()"
    command = [sys.executable, "-X", "warn_default_encoding", "-c", code]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=PROGRAM_TIMEOUT, check=True)
    assert "<string>:1: EncodingWarning" in ran.stderr

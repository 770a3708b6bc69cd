"""makefile: files over a socket."""

import subprocess
import sys

import pytest
from helpers import PROGRAM_TIMEOUT, connection


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


def test_a_text_file_without_an_encoding_warns_where_it_was_made():
    code = "import polysock as socket; sock = socket.socket(); sock.makefile('rb').close(); sock.makefile()"
    command = [sys.executable, "-X", "warn_default_encoding", "-c", code]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=PROGRAM_TIMEOUT, check=True)
    assert "<string>:1: EncodingWarning" in ran.stderr

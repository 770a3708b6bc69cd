"""Sockets that programs are started with: as systemd and inetd do it, as input and output of a command."""

import os
import socket
import subprocess
import sys

import check

PATCH = "import polysock; polysock.patch()\n" if check.module_in_use() == "polysock" else ""

# What sd_listen_fds(3) hands over: descriptors from 3 on.
ACTIVATED = """
import os, socket, sys
listener, datagrams, waiting = (socket.socket(fileno=3 + number) for number in range(int(os.environ["LISTEN_FDS"])))
assert type(listener).__module__ == sys.argv[1], type(listener)
assert (listener.family, listener.type, listener.gettimeout()) == (socket.AF_INET, socket.SOCK_STREAM, None)
assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
assert (datagrams.family, datagrams.type, datagrams.gettimeout()) == (socket.AF_UNIX, socket.SOCK_DGRAM, None)
assert datagrams.recv(10) == b"datagram"
try:
    datagrams.recv(10)  # the descriptor came in non-blocking mode
except BlockingIOError:
    pass
else:
    raise AssertionError
connection, _ = listener.accept()
with connection, connection.makefile("rwb") as file:
    for line in file:
        file.write(line.upper())
        file.flush()
assert waiting.recv(10) == b"late"
"""

INETD = """
import socket, sys
sock = socket.socket(fileno=0)
assert type(sock).__module__ == sys.argv[1] and sock.family == socket.AF_UNIX
sock.sendall(sock.recv(10)[::-1])
"""


def run():
    systemd()
    inetd()
    shell()
    inherited()


def python(script, **options):
    return subprocess.Popen([sys.executable, "-c", PATCH + script, check.module_in_use()], **options)


def systemd():
    listener = check.ours(socket.create_server(("127.0.0.1", 0)))
    feeding, datagrams = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    datagrams.setblocking(False)
    late, waiting = socket.socketpair()
    feeding.send(b"datagram")
    handed = [sock.fileno() for sock in (listener, datagrams, waiting)]

    def place():
        # Twice, because 3 may be the number of one that is still to be moved.
        high = [os.dup(fd) for fd in handed]
        high = [os.dup2(fd, 100 + number) for number, fd in enumerate(high)]
        for number, fd in enumerate(high):
            os.dup2(fd, 3 + number)

    environment = {**os.environ, "LISTEN_FDS": str(len(handed))}
    child = python(ACTIVATED, close_fds=False, preexec_fn=place, env=environment)
    address = listener.getsockname()
    for sock in listener, datagrams, waiting:
        sock.close()
    with socket.create_connection(address, 20) as client, client.makefile("rwb") as file:
        for line in b"hello\n", b"again\n":
            file.write(line)
            file.flush()
            assert file.readline() == line.upper()
        client.shutdown(socket.SHUT_WR)
        assert file.read() == b""
    late.sendall(b"late")
    assert child.wait(20) == 0
    for sock in feeding, late:
        sock.close()


def inetd():
    here, there = socket.socketpair()
    here.settimeout(20)
    child = python(INETD, stdin=there, stdout=there)
    there.close()
    with here:
        here.sendall(b"hello")
        assert here.makefile("rb").read() == b"olleh"
    assert child.wait(20) == 0


def shell():
    """cat(1) takes the socket for a file: it has to be in blocking mode, whatever was done with it before."""
    here, there = socket.socketpair()
    there.settimeout(20)
    here.sendall(b"x")
    assert there.recv(1) == b"x"
    there.settimeout(None)
    child = subprocess.Popen(["cat"], stdin=there, stdout=there)
    there.close()
    here.settimeout(20)
    with here, here.makefile("rwb") as file:
        file.write(check.BIG[:100000])
        file.flush()
        assert file.read(100000) == check.BIG[:100000]
        here.shutdown(socket.SHUT_WR)
        assert file.read() == b""
    assert child.wait(20) == 0


def inherited():
    here, there = socket.socketpair()
    script = f"import socket; socket.socket(fileno={there.fileno()}).sendall(b'inherited')"
    child = python(script, pass_fds=[there.fileno()])
    there.close()
    here.settimeout(20)
    with here:
        assert here.makefile("rb").read() == b"inherited"
    assert child.wait(20) == 0

"""Running out of memory is a MemoryError, whether the caller or a peer chose the size; the process lives on."""

import os
import socket as standard
import subprocess
import sys

import pytest
from helpers import PROGRAM_TIMEOUT

PRELUDE = """
import resource, threading, time
import {module} as socket
from polysock import net

def size():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()

a, b = socket.socketpair()
ROOM = 160 << 20

def leave(room):
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (size() + room, most))

leave(ROOM)

def refused(call, *arguments):
    try:
        call(*arguments)
    except MemoryError as error:
        return error
    raise AssertionError("there was memory")

{attack}

a.sendall(b"still there")
assert b.recv(100) == b"still there"
print("fine")
"""

BOTH = {
    "recv": "refused(a.recv, 1 << 40)",
    "recvfrom": "refused(a.recvfrom, 1 << 40)",
    "recvmsg": "refused(a.recvmsg, 1, 1 << 30)",
    "recvmsg_into": "refused(a.recvmsg_into, [bytearray(1)], (1 << 31) - 1)",
    "recv_fds": "refused(socket.recv_fds, a, 1, 1 << 27)",
    "sendmsg": "data = bytes(90 << 20); refused(a.sendmsg, [b'x'], [(1, 2, data)])",
}

OURS = {
    "recv_exact": "refused(a.recv_exact, 1 << 40)",
    "recv_batch": "c = socket.socket(type=socket.SOCK_DGRAM); refused(c.recv_batch, 1 << 20)",
    "setsockopt": "data = bytes(90 << 20); refused(a.setsockopt, 1, 2, data)",
    "getaddrinfo": "host = 'x' * (90 << 20); refused(socket.getaddrinfo, host, 1)",
    "getaddrinfo service": "name = b'x' * (90 << 20); refused(socket.getaddrinfo, 'localhost', name)",
    "connect": "host = 'x' * (90 << 20); s = socket.socket(); refused(s.connect, (host, 1))",
}

# A peer that never stops sending.
FLOOD = """
server = net.ServerSocket(0, 1, net.InetAddress.getLoopbackAddress())
client = net.Socket("127.0.0.1", server.getLocalPort())
peer = server.accept()

def flood():
    chunk = bytes(1 << 20)
    try:
        while True:
            peer.getOutputStream().write(chunk)
    except OSError:
        pass

thread = threading.Thread(target=flood)
thread.start()
try:
    error = {call}
    assert error.bytesTransferred >= 8 << 20, error.bytesTransferred
finally:
    client.close()
    thread.join()
"""

# Its message is longer than memory, and within the limit that the program has set.
ENDLESS_MESSAGE = """
c, d = socket.socketpair()

def flood():
    chunk = bytes(1 << 20)
    try:
        c.sendall((1 << 49).to_bytes(8, "big"))
        while True:
            c.sendall(chunk)
    except OSError:
        pass

thread = threading.Thread(target=flood)
thread.start()
framing = socket.Framing.length_prefix(64, limit=1 << 50)
try:
    refused({call}, framing)
    assert d.pending() >= 8 << 20, d.pending()
finally:
    d.close()
    thread.join()
"""

ENDLESS = {
    "recv_frame": "d.recv_frame",
    "recv_frames": "d.recv_frames, None",
    "recv_frame_into": "d.recv_frame_into, bytearray(10)",
}

# Many messages have arrived, and there is memory for some of them at a time.
MANY_MESSAGES = """
c, d = socket.socketpair()

def send():
    for number in range(40):
        c.send_frame(bytes([number]) * (1 << 20))
    c.close()

thread = threading.Thread(target=send)
thread.start()
try:
    d.recv_frame(socket.Framing.delimiter(b"never", limit=1 << 30))  # receives everything ahead
except EOFError:
    pass
thread.join()
ballast = []
try:
    while True:
        ballast.append(bytes(1 << 20))
except MemoryError:
    del ballast[-8:]

def numbers():
    time.sleep(0)  # lets a free-threaded interpreter use again what was freed and no thread can still be reading
    batch = d.recv_frames()
    assert all(len(set(message)) == 1 and len(message) == 1 << 20 for message in batch)
    return [message[0] for message in batch]

batches = list(iter(numbers, []))
assert sum(batches, []) == list(range(40)), batches
assert len(batches) > 2
del ballast
"""

# Much has arrived that no call has returned.
MUCH_PENDING = """
c, d = socket.socketpair()
data = bytes(range(256)) * (20 << 12)
thread = threading.Thread(target=lambda: (c.sendall(data), c.close()))
thread.start()
try:
    d.recv_frame(socket.Framing.delimiter(b"never", limit=1 << 30))
except EOFError:
    pass
thread.join()
ballast = []
try:
    while True:
        ballast.append(bytes(1 << 20))
except MemoryError:
    pass
refused(d.take_buffered)
assert d.pending() == len(data), d.pending()
del ballast
leave(ROOM)
assert d.take_buffered() == data
assert d.pending() == 0
"""

# There is no memory for the list of descriptors.
DESCRIPTORS = """
import _testcapi, os
here, there = os.pipe()
socket.send_fds(a, [b"\\0\\0\\0\\3one"], [there])
os.close(there)
assert b.recv_frame() == b"one"
taken = True  # known before, as there is no memory for another name
_testcapi.set_nomemory(0)
try:
    b.take_descriptors()
except MemoryError:
    taken = False
finally:
    _testcapi.remove_mem_hooks()
assert not taken
assert os.read(here, 1) == b""
"""

FLOODED = {
    "readAllBytes": "refused(client.getInputStream().readAllBytes)",
    "readNBytes": "refused(client.getInputStream().readNBytes, 1 << 40)",
}


def played(module, attack):
    program = PRELUDE.format(module=module, attack=attack)
    # A free-threaded interpreter would take a gigabyte of addresses ahead, and have memory beyond the limit.
    environment = os.environ | {"MIMALLOC_ARENA_RESERVE": "0"}
    ended = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    return ended.stdout + ended.stderr


@pytest.mark.parametrize("call", BOTH)
def test_sizes_of_the_callers(call):
    assert played("polysock", BOTH[call]) == "fine\n"
    if hasattr(standard.socket, call) or hasattr(standard, call):
        assert played("socket", BOTH[call]) == "fine\n", "the standard module is the measure"


@pytest.mark.parametrize("call", OURS)
def test_sizes_that_the_standard_module_takes_or_does_not_know(call):
    assert played("polysock", OURS[call]) == "fine\n"


@pytest.mark.parametrize("call", FLOODED)
def test_a_peer_that_never_stops(call):
    assert played("polysock", FLOOD.replace("{call}", FLOODED[call])) == "fine\n"


@pytest.mark.parametrize("call", ENDLESS)
def test_a_message_that_does_not_fit_into_memory(call):
    assert played("polysock", ENDLESS_MESSAGE.replace("{call}", ENDLESS[call])) == "fine\n"


def test_messages_that_fit_into_memory_only_in_part():
    assert played("polysock", MANY_MESSAGES) == "fine\n"


def test_take_buffered_loses_nothing_when_there_is_no_memory_for_it():
    assert played("polysock", MUCH_PENDING) == "fine\n"


def test_descriptors_that_can_not_be_handed_out_are_closed():
    pytest.importorskip("_testcapi", reason="needs _testcapi (CPython's tests)")
    assert played("polysock", DESCRIPTORS) == "fine\n"


def test_room_for_control_messages_that_is_not_used_takes_no_memory():
    attack = """
import resource
import polysock as socket
a, b = socket.socketpair()
a.sendall(b"x")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert b.recvmsg(1, 256 << 20)[0] == b"x"
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
assert grown < 64 << 10, f"{grown} KiB"
"""
    subprocess.run([sys.executable, "-c", attack], check=True, timeout=PROGRAM_TIMEOUT)

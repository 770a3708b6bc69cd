"""Three ways to handle a socket that is not ready: don't wait, wait with a limit, wait as long as it takes."""

import threading
import time

import polysock as socket

MUCH = bytes(1_000_000)  # more than both kernels keep here


def connection() -> tuple[socket.socket, socket.socket]:
    """A client and the server's end of its connection, both with small buffers."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # inherited by accepted connections
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client.connect(listener.getsockname())
        return client, listener.accept()[0]


def read_slowly(peer: socket.socket, hurry: threading.Event, total: list[int]) -> None:
    """Reads a little, 100 times a second, until it may read everything."""
    while data := peer.recv(1024):
        total[0] += len(data)
        hurry.wait(0.01)


client, peer = connection()
counted = 0

print("not waiting")
client.setblocking(False)  # settimeout(0) is the same
try:
    client.recv(100)
except BlockingIOError:
    print("  recv: EAGAIN, nothing has come")
n = client.send(MUCH)
counted += n
print("  send:", "a part, the buffers are full" if n < len(MUCH) else "all")
try:
    while True:  # meanwhile the peer's kernel has made a little room
        counted += client.send(MUCH)
except BlockingIOError:
    print("  send: EAGAIN, there is no room")

print("waiting for a time")
client.settimeout(0.1)
start = time.monotonic()
try:
    client.recv(100)
except TimeoutError:
    print("  recv: timed out,", "not early" if time.monotonic() - start >= 0.1 else "early")

# The peer keeps reading a little, so there is always some progress. One time limit covers the whole
# call: it does not restart with each part. The error says how much was sent.
hurry, total = threading.Event(), [0]
reader = threading.Thread(target=read_slowly, args=(peer, hurry, total))
reader.start()
client.settimeout(0.3)
start = time.monotonic()
try:
    client.sendall(MUCH)
except TimeoutError as error:
    counted += error.done
    waited = time.monotonic() - start
    print("  sendall: timed out,", "not early and not late" if 0.3 <= waited < 3 else "not in time")
client.close()
hurry.set()
reader.join()
print("  the peer got", "what was counted" if total[0] == counted else "something else")
peer.close()

print("waiting as long as it takes")
client, peer = connection()
client.settimeout(None)  # setblocking(True) is the same, and a new socket is so
timer = threading.Timer(0.1, peer.sendall, [b"hello"])
timer.start()
print("  recv:", client.recv(100).decode())
timer.join()
client.close()
peer.close()

"""close versus shutdown, while a forked child holds a copy:  close_vs_shutdown.py"""

import os
import sys

import polysock as socket

TIMEOUT, A_MOMENT = 5, 0.2  # seconds


def connection() -> tuple[socket.socket, socket.socket]:
    """Both ends of a TCP connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(TIMEOUT)
        peer = socket.create_connection(listener.getsockname(), timeout=TIMEOUT)
        ours, _address = listener.accept()
    return ours, peer


class Child:
    """A forked child with a copy of `ours`: a byte in its pipe makes it send, the end of the pipe ends it."""

    def __init__(self, ours: socket.socket, peer: socket.socket) -> None:
        ear, self.word = os.pipe()
        sys.stdout.flush()  # or the child would print it too
        self.pid = os.fork()
        if self.pid != 0:
            os.close(ear)
            return
        code = 0
        os.close(self.word)
        peer.close()  # its copy of the other end is not needed
        while os.read(ear, 1):
            try:
                ours.sendall(b"the child is here")
            except BrokenPipeError as error:
                code = error.errno
        os._exit(code)

    def speak(self) -> None:
        os.write(self.word, b"!")

    def see_it_end(self) -> None:
        os.close(self.word)
        _pid, status = os.waitpid(self.pid, 0)
        print(f"  the child ends; it {'could not send any more' if status else 'could still send'}")


def tell_what_comes(peer: socket.socket, seconds: float = TIMEOUT) -> None:
    peer.settimeout(seconds)
    try:
        data = peer.recv(100)
    except TimeoutError:
        print("  the peer waits, and nothing comes")
    else:
        print(f'  the peer reads "{data.decode()}"' if data else "  the peer reads the end of the stream")


print("close:")
ours, peer = connection()
with ours, peer:
    child = Child(ours, peer)
    ours.close()  # gives up only our copy: the connection lives on in the child
    tell_what_comes(peer, A_MOMENT)
    child.speak()
    tell_what_comes(peer)
    child.see_it_end()
    tell_what_comes(peer)

print("shutdown:")
ours, peer = connection()
with ours, peer:
    child = Child(ours, peer)
    ours.shutdown(socket.SHUT_WR)  # ends the stream itself, for every copy
    tell_what_comes(peer)
    child.speak()
    child.see_it_end()

"""Where the messages of the rows come from, so that the sender is never what limits a receiver."""

import contextlib
import fcntl
import os
import signal
import socket
import struct
import termios
import time

SIZE = 64  # bytes of a message

#: How many different messages there are; each begins with its number.
MANY = 20_000


def messages():
    return [number.to_bytes(8, "big") + bytes(SIZE - 8) for number in range(MANY)]


def prefixed(header):
    """All messages as they are on the wire, each after the same header."""
    return b"".join(header + message for message in messages())


FRAMED = struct.pack("!I", SIZE)


def tcp_pair(room):
    """Two connected ends; the second one can take in `room` bytes, or as many as the system allows."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        sender = socket.create_connection(listener.getsockname())
        receiver, _ = listener.accept()
    for end in (sender, receiver):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sender, receiver


def arrived(descriptor):
    """How many bytes are in a socket's receive buffer."""
    (count,) = struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4)))
    return count


def wait_until_arrived(descriptor, count):
    end = time.monotonic() + 5
    while arrived(descriptor) < count:
        if time.monotonic() > end:
            raise TimeoutError(f"{arrived(descriptor)} of {count} bytes have arrived")


class FilledStream:
    """A stream whose messages are all in the receiver's buffer in the kernel before the clock starts."""

    def __init__(self):
        self.wire = prefixed(FRAMED)
        self.sender, self.receiver = tcp_pair(2 * len(self.wire))
        self.descriptor = os.dup(self.receiver.fileno())
        # Twice what was asked for, of which half is for the kernel's bookkeeping; and what is left gives it some slack.
        room = self.receiver.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 4
        each = len(FRAMED) + SIZE
        self.count = min(MANY, room // each)
        self.wire = self.wire[: self.count * each]
        self.last = messages()[self.count - 1]

    def fill(self):
        self.sender.sendall(self.wire)
        wait_until_arrived(self.descriptor, len(self.wire))

    def close(self):
        self.sender.close()
        os.close(self.descriptor)


class RunningSender:
    """A process that writes messages, encoded before, as fast as they are taken.

    It is made before the receiver, whose threads a fork would not copy, and starts with `send_to`.
    """

    def __init__(self, header, greetings=()):
        wire = prefixed(header)
        reading, self.writing = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            with contextlib.suppress(BaseException):
                port = int(os.read(reading, 100))
                with socket.create_connection(("127.0.0.1", port)) as connection:
                    for greeting in greetings:
                        connection.sendall(greeting)
                        connection.recv(len(greeting), socket.MSG_WAITALL)  # the answer, which is as long
                    while True:
                        connection.sendall(wire)
            os._exit(0)
        os.close(reading)

    def send_to(self, port):
        os.write(self.writing, b"%d" % port)

    def ran(self):
        """The nanoseconds that it has run on a processor."""
        with open(f"/proc/{self.process}/schedstat") as file:
            return int(file.read().split()[0])

    def close(self):
        os.close(self.writing)
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)

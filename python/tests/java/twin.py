"""What the twins of the Java programs print with, as Main.java does."""

from helpers import Thread

from polysock.net import ServerSocket, Socket
from polysock.net._values import java_text

program = ""
lines = []


def text(value):
    """A value as Java prints it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return java_text(value)
    return str(value)


def show(step, what):
    try:
        value = text(what())
    except Exception as e:
        if not hasattr(e, "getMessage"):
            raise
        message = e.getMessage()
        value = "! " + type(e).__name__ + ("" if message is None else f": {message}")
    lines.append(f"{program}.{step}: {value}")


def act(step, what):
    show(step, lambda: (what(), "done")[1])


def waiting(step, what, end):
    """The result of a call that waits in its own thread until something else ends it."""
    thread = Thread(what)
    thread.asleep()
    end()
    show(step, thread.outcome)


class Pair:
    """Both ends of a connection."""

    def __init__(self):
        with ServerSocket(0) as listener:
            self.client = Socket("127.0.0.1", listener.getLocalPort())
            self.server = listener.accept()

    def close(self):
        self.client.close()
        self.server.close()

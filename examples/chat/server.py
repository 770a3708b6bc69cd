"""A chat room on the message server:  server.py [PORT [CLIENTS]]

A client's first line is its name; what it says after that is sent to all others. The room closes when CLIENTS
connections have ended.
"""

import sys
import threading

import polysock as socket
from polysock import CloseReason, Connection

FAREWELLS = {
    CloseReason.PEER_FINISHED: "hung up",
    CloseReason.BY_PROGRAM: "said bye",
    CloseReason.BAD_MESSAGE: "said too much",
    CloseReason.IDLE_TIMEOUT: "fell asleep",
}


class Room:
    """The callbacks. `connection.state` is the name of a client that has given one."""

    def __init__(self, clients: int) -> None:
        self.members: dict[str, Connection] = {}
        self.to_come = clients
        self.lock = threading.Lock()  # callbacks of different connections may run at the same time
        self.is_over = threading.Event()

    def on_open(self, connection: Connection) -> None:
        connection.send(b"your name?")

    def on_message(self, connection: Connection, message: bytes) -> bytes | None:
        line = message.decode("utf-8", "replace")
        if connection.state is None:
            return self.enter(connection, line).encode()
        if line == "bye":
            connection.close()  # once the answer has been sent
            return b"good bye"
        self.tell_others(connection.state, f"{connection.state}: {line}")
        return None

    def on_close(self, connection: Connection, reason: CloseReason) -> None:
        name = connection.state
        if name is not None:
            with self.lock:
                del self.members[name]
            print(f"{name} has left: {FAREWELLS.get(reason, 'was cut off')}", flush=True)
            self.tell_others(name, f"{name} has left")
        with self.lock:
            self.to_come -= 1
            if self.to_come <= 0:
                self.is_over.set()

    def enter(self, connection: Connection, name: str) -> str:
        if not (name.isascii() and name.isalpha() and len(name) <= 20):
            connection.close()
            return "a name has up to 20 letters"
        with self.lock:
            if name in self.members:
                return "that name is taken; another one?"
            here = ", ".join(sorted(self.members)) or "nobody"
            self.members[name] = connection
        connection.state = name
        print(f"{name} has come", flush=True)
        self.tell_others(name, f"{name} has come")
        return f"welcome; here: {here}"

    def tell_others(self, name: str, text: str) -> None:
        with self.lock:
            others = [connection for member, connection in self.members.items() if member != name]
        for connection in others:
            try:
                connection.send(text.encode())  # does not wait
            except BlockingIOError:
                connection.abort()  # it reads too slowly
            except OSError:
                pass  # it has just left


port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
room = Room(int(sys.argv[2]) if len(sys.argv) > 2 else 4)
lines = socket.Framing.lines(limit=200)
with socket.MessageServer(("127.0.0.1", port), room, framing=lines, idle_timeout=5) as server:
    print("listening on {}:{}".format(*server.address), flush=True)
    room.is_over.wait(60)
print("the room is closed")

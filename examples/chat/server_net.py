"""A chat room on the message server, Java style:  server_net.py [PORT [CLIENTS]]

A client's first line is its name; what it says after that is sent to all others. The room closes when CLIENTS
connections have ended.
"""

import sys
import threading

from polysock.net import CloseReason, Connection, Framing, InetSocketAddress, MessageServer, SocketException

FAREWELLS = {
    CloseReason.PEER_FINISHED: "hung up",
    CloseReason.BY_PROGRAM: "said bye",
    CloseReason.BAD_MESSAGE: "said too much",
    CloseReason.IDLE_TIMEOUT: "fell asleep",
}


class Room:
    """The callbacks. A connection's attachment is the name of a client that has given one."""

    def __init__(self, clients: int) -> None:
        self.members: dict[str, Connection] = {}
        self.toCome = clients
        self.lock = threading.Lock()  # callbacks of different connections may run at the same time
        self.isOver = threading.Event()

    def onOpen(self, connection: Connection) -> None:
        connection.send(b"your name?")

    def onMessage(self, connection: Connection, message: bytes) -> bytes | None:
        line = message.decode("utf-8", "replace")
        name = connection.attachment()
        if name is None:
            return self.enter(connection, line).encode()
        if line == "bye":
            connection.close()  # once the answer has been sent
            return b"good bye"
        self.tellOthers(name, f"{name}: {line}")
        return None

    def onClose(self, connection: Connection, reason: CloseReason) -> None:
        name = connection.attachment()
        if name is not None:
            with self.lock:
                del self.members[name]
            print(f"{name} has left: {FAREWELLS.get(reason, 'was cut off')}", flush=True)
            self.tellOthers(name, f"{name} has left")
        with self.lock:
            self.toCome -= 1
            if self.toCome <= 0:
                self.isOver.set()

    def enter(self, connection: Connection, name: str) -> str:
        if not (name.isascii() and name.isalpha() and len(name) <= 20):
            connection.close()
            return "a name has up to 20 letters"
        with self.lock:
            if name in self.members:
                return "that name is taken; another one?"
            here = ", ".join(sorted(self.members)) or "nobody"
            self.members[name] = connection
        connection.attach(name)
        print(f"{name} has come", flush=True)
        self.tellOthers(name, f"{name} has come")
        return f"welcome; here: {here}"

    def tellOthers(self, name: str, text: str) -> None:
        with self.lock:
            others = [connection for member, connection in self.members.items() if member != name]
        for connection in others:
            try:
                connection.send(text.encode())  # does not wait
            except SocketException:
                connection.abort()  # it reads too slowly, or has just left


port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
room = Room(int(sys.argv[2]) if len(sys.argv) > 2 else 4)
endpoint = InetSocketAddress("127.0.0.1", port)
with MessageServer(endpoint, room, Framing.lines(limit=200), idleTimeout=5_000) as server:
    print(f"listening on 127.0.0.1:{server.getLocalPort()}", flush=True)
    room.isOver.wait(60)
print("the room is closed")

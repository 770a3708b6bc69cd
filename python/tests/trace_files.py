"""Files of a trace, written by hand: what several processes did, without running them."""

import json

SECOND = 1_000_000_000


class Process:
    """The file of one process. `calls` and `events` append records; the clock moves on by a microsecond for each."""

    def __init__(self, folder, pid, machine="this", program="program.py", time=SECOND, wall_time=5 * SECOND, **header):
        folder.mkdir(exist_ok=True)
        self.path = folder / f"{pid}-1.jsonl"
        self.pid = pid
        self.now = SECOND
        self.write(
            polysock_trace=1,
            time=time,
            wall_time=wall_time,
            pid=pid,
            machine=machine,
            program=f"/usr/bin/python3 {program}",
            **header,
        )

    def write(self, **record):
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def append(self, text):
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(text)

    def tick(self, at):
        self.now = SECOND + at * 1000 if at is not None else self.now + 1000
        return self.now

    def call(self, name, socket=None, at=None, thread=1, duration=500, **fields):
        """A call that began `at` microseconds after the beginning."""
        fields = {"socket": socket, "fd": socket + 2, **fields} if socket is not None else fields
        self.write(time=self.tick(at), thread=thread, call=name, duration=duration, **fields)

    def socket(self, number, how="socket", type="SOCK_STREAM", at=None, family="AF_INET", **fields):
        self.write(
            time=self.tick(at),
            thread=1,
            event="socket",
            socket=number,
            how=how,
            fd=number + 2,
            family=family,
            type=type,
            **fields,
        )


def conversation(folder, chosen_port=0, **header):
    """A client and a server with a connection: socket 1 of the client, socket 2 of the server. The server asks for a
    port, or lets the system choose."""
    server, client = (
        Process(folder, pid, program=name, **header) for pid, name in ((10, "server.py"), (20, "client.py"))
    )
    server.socket(1, at=0)
    server.call("bind", 1, at=1, to=f"127.0.0.1:{chosen_port}", local="127.0.0.1:80")
    server.call("listen", 1, at=2, backlog=5, state="LISTEN")
    client.socket(1, at=3)
    client.call("connect", 1, at=4, to="127.0.0.1:80", local="127.0.0.1:5000", peer="127.0.0.1:80", state="ESTABLISHED")
    server.call("accept", 1, at=5)
    server.socket(2, "accept", at=6, **{"from": 1}, local="127.0.0.1:80", peer="127.0.0.1:5000", state="ESTABLISHED")
    return client, server


class Window:
    """A file as a running process writes it: records take the place of empty lines."""

    SIZE = 64 << 10

    def __init__(self, folder, pid=1, **header):
        self.process = Process(folder, pid, **header)
        self.path = self.process.path
        self.used = self.path.stat().st_size
        self.process.append("\n" * (self.SIZE - self.used))

    def put(self, text, at=None):
        """Copies text to the end of what is there, or elsewhere."""
        with open(self.path, "r+b") as file:
            file.seek(self.used if at is None else at)
            file.write(text)
        if at is None:
            self.used += len(text)

    def finish(self):
        """Cuts the room off, as at exit."""
        with open(self.path, "r+b") as file:
            file.truncate(self.used)

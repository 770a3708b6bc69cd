"""The message server, on a loopback port. Its callbacks do what messages ask for, and send back all others."""

import threading

from answers import Fail, error_answer
from base import ABSENT
from frames import framing_of
from values import Malformed, payload

TO_FINISH = 5.0  # seconds that callbacks have, unless a command says otherwise


class AskedTo(Exception):
    """What a callback raises because the scenario wants it to fail."""


def name_of(exception):
    return error_answer(exception).split()[1]


class Connections:
    """What the program does with connections, in Python's words."""

    @staticmethod
    def keep(connection, state):
        connection.state = state

    @staticmethod
    def kept(connection):
        return connection.state

    @staticmethod
    def peer(connection):
        return connection.peer

    @staticmethod
    def unsent(connection):
        return connection.unsent

    @staticmethod
    def failure(connection):
        return connection.error

    @staticmethod
    def send(connection, message, *timeout):
        connection.send(message, *timeout)


class Program:
    """The callbacks of a server, and what they were called for."""

    def __init__(self, connections, greeting, opens, closes):
        self.connections, self.greeting = connections, greeting
        self.opens, self.closes = opens, closes  # how on_open and on_close end
        self.condition = threading.Condition()
        self.open, self.closed, self.failures, self.messages, self.errors = [], [], [], 0, 0
        self.holding, self.resumes, self.ending = 0, 0, False
        self.stop = None  # a function, once there is a server

    def on_open(self, connection):
        if self.opens == "fail":
            raise AskedTo
        if self.greeting is not None:
            self.connections.send(connection, self.greeting)
        self.connections.keep(connection, 0)  # how many messages it has had
        with self.condition:
            self.open.append(connection)
        if self.opens == "hold":
            self.hold()

    def on_message(self, connection, message):
        self.connections.keep(connection, self.connections.kept(connection) + 1)
        with self.condition:
            self.messages += 1
        return getattr(self, f"do_{message.decode('latin-1')}", self.echo)(connection, message)

    def on_close(self, connection, reason):
        failure = self.connections.failure(connection)
        with self.condition:
            self.open.remove(connection)
            self.closed.append(reason.name.lower())
            self.failures.append("-" if failure is None else name_of(failure))
        if self.closes == "fail":
            raise AskedTo

    def on_error(self, _exception, _connection):
        with self.condition:
            self.errors += 1

    onOpen, onMessage, onClose, onError = on_open, on_message, on_close, on_error

    # What messages ask for: `do_` and the message.

    def echo(self, _connection, message):
        return message

    def do_quiet(self, _connection, _message):
        return None

    def do_fail(self, _connection, _message):
        raise AskedTo

    def do_abort(self, connection, _message):
        connection.abort()

    def do_close(self, connection, _message):
        connection.close()
        try:
            self.connections.send(connection, b"late")
        except OSError as refused:
            return name_of(refused).encode()
        return b"ok"

    def do_count(self, connection, _message):
        return str(self.connections.kept(connection)).encode()

    def do_peer(self, connection, _message):
        host, port = self.connections.peer(connection)
        return f"{host} {port}".encode()

    def do_twice(self, connection, _message):
        self.connections.send(connection, b"first")
        return b"second"

    def do_split(self, _connection, _message):
        return b"two\nlines"

    def do_stop(self, _connection, _message):
        return str(self.stop(TO_FINISH)).encode()

    def do_hold(self, _connection, message):
        self.hold()
        return message

    def hold(self):
        """Returns when the scenario resumes it."""
        with self.condition:
            before = self.resumes
            self.holding += 1
            self.condition.wait_for(lambda: self.resumes != before or self.ending)
            self.holding -= 1

    def resume(self, ending=False):
        with self.condition:
            self.resumes += 1
            self.ending = ending
            self.condition.notify_all()


class ServesMessages:
    """The commands for the message server. A driver has module(), make_message_server(), which starts one and returns it with its
    port, and stop_server()."""

    message_connections = Connections

    def __init__(self):
        super().__init__()
        self.message_servers = {}

    def do_reset(self):
        with self.lock:
            servers, self.message_servers = self.message_servers, {}
        for server, program in servers.values():
            program.resume(ending=True)
            self.stop_server(server, 0)
            program.stop = None  # it refers to the server, which refers to the program: descriptors would wait for gc
        super().do_reset()

    def message_server(self, name):
        with self.lock:
            if name not in self.message_servers:
                raise Malformed(f"no message server {name}")
            return self.message_servers[name]

    def do_serve_messages(
        self, name, framing=None, limit=None, places="10000", workers="16", unsent="262144", idle=None, handler=None,
        raw="off", greeting=None, open="on", close="on",
    ):  # fmt: skip
        made = None if framing is None else framing_of(self.module(), framing, limit)
        greeting = None if greeting is None else payload(greeting)
        program = Program(self.message_connections, greeting, open, close)
        limits = {"idle_timeout": idle, "handler_timeout": handler}
        server, port = self.make_message_server(
            program,
            made,
            max_connections=int(places),
            workers=int(workers),
            max_unsent=int(unsent),
            raw_replies=raw == "on",
            **{key: int(ms) / 1000 for key, ms in limits.items() if ms is not None},
        )
        program.stop = lambda seconds: self.stop_server(server, seconds)
        with self.lock:
            self.message_servers[name] = server, program
        return f"port={port}"

    def do_serving_messages(self, name):
        server, program = self.message_server(name)
        handled, resets, idle, overdue, bad = self.counts_of(server)
        connections = self.connections_of(server)
        with program.condition:
            unsent = max((self.message_connections.unsent(connection) for connection in program.open), default=0)
            lists = f"closed={','.join(program.closed) or '-'} failures={','.join(program.failures) or '-'}"
            seen = f"open={len(program.open)} messages={program.messages} holding={program.holding} errors={program.errors}"
        counts = f"handled={handled} resets={resets} idle={idle} overdue={overdue} bad={bad}"
        return f"{seen} {lists} connections={connections} unsent={unsent} {counts}"

    def do_push(self, name, data, timeout=ABSENT):
        _, program = self.message_server(name)
        message, sent, refused = payload(data), 0, None
        for connection in opened(program):
            try:
                self.message_connections.send(connection, message, *(() if timeout is ABSENT else (timeout,)))
                sent += 1
            except (OSError, ValueError) as exception:
                refused = refused or name_of(exception)
        if refused is not None:
            raise Fail(refused, sent)
        return f"n={sent}"

    def do_hang_up(self, name, how):
        _, program = self.message_server(name)
        connections = opened(program)
        for connection in connections:
            connection.abort() if how == "abort" else connection.close()
        return f"n={len(connections)}"

    def do_resume(self, name):
        self.message_server(name)[1].resume()

    def do_close_listener(self, name):
        self.listener_of(*self.message_server(name)).close()

    def do_await_stop(self, name):
        self.wait_for_end_of(self.message_server(name)[0])

    def do_stop_messages(self, name, timeout=ABSENT):
        server, _ = self.message_server(name)
        return f"running={self.stop_server(server, TO_FINISH if timeout is ABSENT else timeout)}"

    # What is called differently in Java style.

    def listener_of(self, server, _program):
        return server.listener

    def wait_for_end_of(self, server):
        server.serve_forever()


def opened(program):
    with program.condition:
        return list(program.open)

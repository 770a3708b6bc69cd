"""The callback server."""

import atexit
import collections
import errno
import itertools
import os
import threading
import weakref

from . import _native
from ._constants import AF_INET, AF_INET6, AF_UNIX, SOCK_STREAM
from ._namespace import package
from ._native import Step

# Servers that were started and not stopped.
_serving = weakref.WeakSet()


class ServerStats(collections.namedtuple("ServerStats", "handled resets idle_timeouts handler_timeouts")):
    """What a server has counted.

    `handled`: connections whose handlers have returned. `resets`: handlers that failed because the peer had reset the
    connection or was gone, and connections that were reset before they were accepted. `idle_timeouts`: handlers that
    failed because the peer was silent for too long.
    `handler_timeouts`: connections that were closed because their handlers took too long.
    """

    __slots__ = ()


class Server:
    """Accepts connections and hands each to `handler(connection, address)` in its own thread.

        def handler(connection, address):
            while data := connection.recv(4096):
                connection.sendall(data)

        with polysock.Server(("127.0.0.1", 8080), handler) as server:
            server.serve_forever()

    `address` is (host, port), an AF_UNIX path as str or bytes, or a listening socket, which the server then closes.
    The host is as for create_server(), where one with a colon is IPv6; None is every IPv4 interface. Connections are
    queued as soon as the server is made, and served after start(), which the with statement and serve_forever() call.

    At most `max_connections` are handled at once; further ones wait in the kernel, `backlog` of them connected
    already. The handler may close its connection or detach() it; otherwise it is closed when the handler returns,
    FIN first where there is unread input, so that the peer gets what was sent (after fileno(), dup() or a fork it is a
    plain close, which leaves the connection to other holders). An exception of the handler ends only
    its connection and is passed to `on_error(exception, address)`. Failures of the server itself are passed with the
    address None: it can't start a thread, or can't accept for lack of descriptors, and then tries again. Without
    `on_error`, threading.excepthook is called, as for any uncaught exception of a thread; a note names the client.

    With `idle_timeout`, connections begin with this timeout in seconds. With `handler_timeout`, a connection is closed
    that many seconds after its handler was called. Resets and idle timeouts are counted in `stats`, and reported at
    most once a second.

    The threads are daemons, so handlers that stop() could not end do not keep the program from exiting. A server that
    was not stopped is stopped at exit, with no time for handlers to finish.
    """

    def __init__(
        self,
        address,
        handler,
        *,
        max_connections=100,
        backlog=None,
        on_error=None,
        idle_timeout=None,
        handler_timeout=None,
    ):
        if not callable(handler):
            raise TypeError(f"handler must be callable, not {type(handler).__name__}")
        if on_error is not None and not callable(on_error):
            raise TypeError(f"on_error must be callable or None, not {type(on_error).__name__}")
        self._handler = handler
        self._on_error = on_error
        self._lock = threading.Lock()
        self._started = False
        self._numbers = itertools.count(1)
        self._threads = set()
        self._listener = self._listen(address, backlog)
        try:
            self._server = _native.Server(self._listener, max_connections, idle_timeout, handler_timeout)
            self._address = self._address_of_listener()
        except BaseException:
            if self._listener is not address:
                self._listener.close()
            raise

    def __enter__(self):
        """Begins to serve."""
        self.start()
        return self

    def __exit__(self, *exception):
        """Stops the server, with stop()'s default timeout."""
        self.stop()

    def __repr__(self):
        return f"<polysock.Server{self._state()} address={self.address!r}, connections={self.connections}>"

    def _state(self):
        """What a repr adds when the server is not serving."""
        if self._is_closed():
            return " [closed]"
        return "" if self._started else " [not started]"

    @property
    def listener(self):
        """The socket that listens."""
        return self._listener

    @property
    def address(self):
        """The address it listens on; kept after it has stopped."""
        return self._address

    @property
    def connections(self):
        """How many connections are being handled now."""
        return self._server.connections

    @property
    def stats(self):
        """The counts so far, a ServerStats: handled, resets, idle_timeouts, handler_timeouts."""
        return ServerStats(*self._server.stats)

    def start(self):
        """Begins to serve, in new threads, and returns. If already started: nothing. After stop(): OSError (EBADF)."""
        with self._lock:
            if self._is_closed():
                closed = OSError(errno.EBADF, os.strerror(errno.EBADF))
                closed.add_note("hint: a stopped server can't be started again; make a new one")
                raise closed
            if self._started:
                return
            self._recruit()
            self._started = True
        _serving.add(self)

    def serve_forever(self):
        """Serves until stop() is called, perhaps by a handler.

        An exception of a signal handler, such as KeyboardInterrupt, ends the call but not the server: leaving the with
        statement does that. If accepting can't go on, its OSError is raised.
        """
        if not self._started:
            self.start()
        self._server.wait()

    def stop(self, timeout=5.0):
        """Ends the server and returns how many handlers are still running.

        It stops accepting, and refuses connections that still wait. Handlers have `timeout` seconds to finish (None:
        for ever; 0: none), then their connections are closed, which makes calls that wait on them raise OSError
        (EBADF); they get at most a second more. Handlers that run even then wait for something else. A connection that
        was detached, as wrapping for TLS does, is the handler's own to close.

        Any thread may call it, any number of times. Called by a handler, it does not wait for that handler, does not
        count it and does not close its connection, nor those of other handlers that are stopping the server. Calls
        from other threads wait for all.
        """
        running = self._server.stop(timeout)
        _serving.discard(self)
        for thread in list(self._threads):
            # Threads without a worker are about to end. One that has not started yet will find nothing to do.
            if thread.worker is None and thread.is_alive():
                thread.join()
        return running

    def _recruit(self):
        _Thread(self, next(self._numbers)).start()

    def _work(self, thread):
        # No local variable holds a step while waiting for the next: it would keep the last connection.
        while self._take(thread, thread.worker.step()):
            pass

    def _take(self, thread, step):
        """Takes a step of a worker; False if it was the last."""
        match step:
            case Step.Handle(accepted, address):
                self._handle(thread, accepted, address)
            case Step.Recruit():
                try:
                    self._recruit()
                except RuntimeError as exception:  # the system has no thread to spare
                    thread.worker.become_last_worker()
                    self._report(exception, None)
            case Step.Report(failure):
                self._report(failure, None)
            case Step.Leave():
                return False
        return True

    def _handle(self, thread, accepted, address):
        try:
            connection = self._connection(accepted, address)
            try:
                self._call(connection, address)
            finally:
                self._closed(connection)
        except BaseException as exception:
            if thread.worker.should_report(self._errno(exception)):
                self._report(exception, address)

    # What polysock.net has in Java's classes.

    def _listen(self, address, backlog):
        return _listen(address, backlog)

    def _address_of_listener(self):
        return self.listener.getsockname()

    def _is_closed(self):
        return self.listener.fileno() < 0

    def _connection(self, accepted, address):
        listener = self.listener
        return package.socket(listener.family, listener.type, listener.proto, fileno=accepted)

    def _call(self, connection, address):
        self._handler(connection, address)

    def _errno(self, exception):
        """The errno of an exception that a call raised."""
        if isinstance(exception, TimeoutError):
            return errno.ETIMEDOUT
        return exception.errno if isinstance(exception, OSError) else None

    def _closed(self, connection):
        connection._closed = True  # by the next step

    def _report(self, exception, address):
        """Passes a failure to the hook. An exception of the hook itself goes to threading.excepthook."""
        try:
            if self._on_error is not None:
                self._on_error(exception, address)
                return
        except BaseException as of_hook:
            exception = of_hook
        if address is not None:
            exception.add_note(f"handling the connection from {_shown(address)}")
        thread = threading.current_thread()
        threading.excepthook(threading.ExceptHookArgs((type(exception), exception, exception.__traceback__, thread)))


class _Thread(threading.Thread):
    """A thread of a server."""

    def __init__(self, server, number):
        super().__init__(name=f"polysock-server-{number}", daemon=True)
        self.server = server
        # Not in a local variable: a program that keeps an exception keeps its frames and what they hold, and stop()
        # waits for the worker.
        self.worker = None

    def start(self):
        self.server._threads.add(self)
        try:
            super().start()
        except BaseException:
            self.server._threads.discard(self)
            raise

    def run(self):
        self.worker = self.server._server.worker()
        try:
            self.server._work(self)
        finally:
            self.worker = None
            self.server._threads.discard(self)


def _listen(address, backlog):
    if isinstance(address, package.socket):
        if not isinstance(address, _native.socket):  # the standard module's
            address = package.socket(fileno=address.detach())
        if backlog is not None:
            address.listen(backlog)
        return address
    if isinstance(address, (str, bytes)):
        listener = package.socket(AF_UNIX, SOCK_STREAM)
        try:
            listener.bind(address)
            listener.listen(*() if backlog is None else (backlog,))
        except BaseException:
            listener.close()
            raise
        return listener
    host, *rest = address
    if host is None:
        host = ""
    is_ipv6 = (":" if isinstance(host, str) else b":") in host
    family = AF_INET6 if is_ipv6 else AF_INET
    return package.create_server((host, *rest), family=family, backlog=backlog)


def _shown(address):
    """A client's address as people write it."""
    if isinstance(address, tuple) and address and isinstance(address[0], str):
        host, port = address[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return str(address) or "a client without a name"


@atexit.register
def _stop_all():
    for server in list(_serving):
        server.stop(0)

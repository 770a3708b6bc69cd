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

# Servers that have been started and not stopped.
_serving = weakref.WeakSet()


class ServerStats(collections.namedtuple("ServerStats", "handled resets idle_timeouts handler_timeouts")):
    """What a server has counted since it was made.

    `handled`: connections whose handlers have returned. `resets`: handlers that failed because the peer reset the
    connection or disappeared, and connections that were reset before they were accepted. `idle_timeouts`: handlers that
    failed because the peer was silent for too long. `handler_timeouts`: connections that were closed because their
    handlers took too long.
    """

    __slots__ = ()


class Server:
    """Accepts connections and hands each to `handler(connection, address)` in its own thread.

        def handler(connection, address):
            while data := connection.recv(4096):
                connection.sendall(data)

        with polysock.Server(("127.0.0.1", 8080), handler) as server:
            server.serve_forever()

    `address` is (host, port), the path of a Unix socket as str or bytes, or a listening socket, which the server then
    closes. The host is as for create_server(), but one with a colon means IPv6, and None means every IPv4 interface.
    Connections are queued as soon as the server is made, and served after start(), which the with statement and
    serve_forever() call.

    At most `max_connections` are handled at once; others wait in the kernel, `backlog` of them already connected.
    The handler may close its connection or detach() it. Otherwise it is closed when the handler returns, with a FIN
    even if there is unread input, so that the peer receives what was sent; after fileno(), dup() or a fork it is a
    plain close, which leaves the connection to its other holders.

    An exception raised by the handler ends only its connection, and is passed to `on_error(exception, address)`.
    Failures of the server itself are passed with None as the address: it could not start a thread, or could not accept
    for lack of descriptors, and will try again. Without `on_error`, threading.excepthook is called, as for any uncaught
    exception in a thread, and a note on the exception names the client.

    `idle_timeout` is the timeout of new connections in seconds. `handler_timeout` is the number of seconds after which
    a connection is closed, counted from the call of its handler. Resets and idle timeouts are counted in `stats`, and
    reported at most once a second.

    The threads are daemons: handlers that stop() could not end do not keep the program from exiting. A server that was
    not stopped is stopped at exit, without time for its handlers to finish.
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
        """Starts the server."""
        self.start()
        return self

    def __exit__(self, *exception):
        """Stops the server, with stop()'s default timeout."""
        self.stop()

    def __repr__(self):
        return f"<polysock.Server{self._state()} address={self.address!r}, connections={self.connections}>"

    def _state(self):
        """What repr() adds while the server is not serving."""
        if self._is_closed():
            return " [closed]"
        return "" if self._started else " [not started]"

    @property
    def listener(self):
        """The listening socket."""
        return self._listener

    @property
    def address(self):
        """The address that the server listens on, also after it has stopped."""
        return self._address

    @property
    def connections(self):
        """The number of connections that are being handled now."""
        return self._server.connections

    @property
    def stats(self):
        """The counts so far, a ServerStats: handled, resets, idle_timeouts, handler_timeouts."""
        return ServerStats(*self._server.stats)

    def start(self):
        """Starts serving in new threads and returns. Does nothing if started; raises OSError (EBADF) after stop()."""
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
        """Serves until stop() is called, possibly by a handler.

        An exception raised by a signal handler, such as KeyboardInterrupt, ends the call but not the server; leaving
        the with statement does. If the server can no longer accept, the OSError is raised.
        """
        if not self._started:
            self.start()
        self._server.wait()

    def stop(self, timeout=5.0):
        """Stops the server and returns the number of handlers that are still running.

        It stops accepting and resets connections that are still queued. Handlers have `timeout` seconds to finish
        (None: forever; 0: no time). Then their connections are closed, so that calls waiting on them raise OSError
        (EBADF), and they have at most another second. Handlers that still run are waiting for something else. A
        connection that was detached, as by wrapping it for TLS, is left to its handler.

        Any thread may call it, any number of times. A handler may too: the call does not wait for that handler, does
        not count it and does not close its connection, nor those of other handlers that are stopping the server. Calls
        from other threads wait for all handlers.
        """
        running = self._server.stop(timeout)
        _serving.discard(self)
        for thread in list(self._threads):
            # A thread without a worker is about to end; one that has not started yet will find nothing to do.
            if thread.worker is None and thread.is_alive():
                thread.join()
        return running

    def _recruit(self):
        _Thread(self, next(self._numbers)).start()

    def _work(self, thread):
        # No local variable may hold a step while this waits for the next one: it would keep the connection.
        while self._take(thread, thread.worker.step()):
            pass

    def _take(self, thread, step):
        """Carries out one step of a worker; returns False after the last one."""
        match step:
            case Step.Handle(accepted, address):
                self._handle(thread, accepted, address)
            case Step.Recruit():
                try:
                    self._recruit()
                except RuntimeError as exception:  # the system can't start another thread
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

    # What polysock.net overrides for Java-style classes.

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
        """The errno of an exception raised by a call; None if it has none."""
        if isinstance(exception, TimeoutError):
            return errno.ETIMEDOUT
        return exception.errno if isinstance(exception, OSError) else None

    def _closed(self, connection):
        connection._closed = True  # the next step closes it

    def _report(self, exception, address):
        """Passes a failure to `on_error`. An exception that this raises goes to threading.excepthook."""
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
    """A thread that serves connections."""

    def __init__(self, server, number):
        super().__init__(name=f"polysock-server-{number}", daemon=True)
        self.server = server
        # Not a local variable: a program that keeps an exception keeps its frames and their variables, and stop()
        # waits for the worker to be released.
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
    """A client's address in its usual notation."""
    if isinstance(address, tuple) and address and isinstance(address[0], str):
        host, port = address[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return str(address) or "a client without a name"


@atexit.register
def _stop_all():
    for server in list(_serving):
        server.stop(0)

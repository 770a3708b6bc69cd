"""The callback server: a thread for each connection."""

import collections

from . import _native
from ._namespace import package
from ._native import Step
from ._serving import Serving


class ServerStats(collections.namedtuple("ServerStats", "handled resets idle_timeouts handler_timeouts")):
    """What a server has counted since it was made.

    `handled`: connections whose handlers have returned. `resets`: handlers that failed because the peer reset the
    connection or disappeared, and connections that were reset before they were accepted. `idle_timeouts`: handlers that
    failed because the peer was silent for too long. `handler_timeouts`: connections that were closed because their
    handlers took too long.
    """

    __slots__ = ()


class Server(Serving):
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
        self._handler = handler

        def make(listener):
            return _native.Server(listener, max_connections, idle_timeout, handler_timeout)

        super().__init__(address, backlog, on_error, make)

    @property
    def stats(self):
        """The counts so far, a ServerStats: handled, resets, idle_timeouts, handler_timeouts."""
        return ServerStats(*self._server.stats)

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
        return super().stop(timeout)

    def _take(self, thread, step):
        match step:
            case Step.Handle(accepted, address):
                self._handle(thread, accepted, address)
                return True
        return super()._take(thread, step)

    def _handle(self, thread, accepted, address):
        try:
            connection = self._connection(accepted, address)
            try:
                self._call(connection, address)
            finally:
                self._closed(connection)
        except BaseException as exception:
            if thread.worker.should_report(exception):
                self._report(exception, address)

    # What polysock.net overrides for Java-style classes.

    def _connection(self, accepted, address):
        listener = self.listener
        return package.socket(listener.family, listener.type, listener.proto, fileno=accepted)

    def _call(self, connection, address):
        self._handler(connection, address)

    def _closed(self, connection):
        connection._closed = True  # the next step closes it

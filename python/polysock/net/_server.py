"""The callback server, Java-style."""

from .. import _native, _server
from ._errors import IllegalArgumentException, NullPointerException, SocketException


class Server:
    """Accepts connections and hands each, as a `Socket`, to `handler(socket)` in its own thread.

        def handler(socket):
            reader = BufferedReader(InputStreamReader(socket.getInputStream()))
            writer = PrintWriter(socket.getOutputStream(), True)
            for line in reader:
                writer.println(line)

        with Server(8080, handler) as server:
            server.waitFor()

    java.net has no such class; in Java, this is a `ServerSocket` with an executor of bounded size. `endpoint` is a
    port, as for `ServerSocket(port)`, an `InetSocketAddress`, or a bound `ServerSocket`, which the server then closes.
    At most `maxConnections` are handled at once; others wait in the kernel. A connection is closed when its handler
    returns. An exception raised by the handler ends only its connection and is passed to `onError(exception, address)`;
    failures of the server itself are passed with None as the address. `idleTimeout` is the initial SO_TIMEOUT of the
    sockets, and a connection is closed `handlerTimeout` after its handler was called; both are in milliseconds, 0 for
    no limit. Otherwise it behaves like `polysock.Server`.
    """

    def __init__(self, endpoint, handler, maxConnections=100, onError=None, idleTimeout=0, handlerTimeout=0):
        if handler is None:
            raise NullPointerException("handler is null")
        if maxConnections < 1:
            raise IllegalArgumentException("maxConnections < 1")
        if idleTimeout < 0 or handlerTimeout < 0:
            raise IllegalArgumentException("timeout can't be negative")
        own = None if isinstance(endpoint, _native.ServerSocket) else _bound(endpoint)
        try:
            self._server = _Crew(
                own or endpoint,
                handler,
                max_connections=maxConnections,
                on_error=onError,
                idle_timeout=idleTimeout / 1000 or None,
                handler_timeout=handlerTimeout / 1000 or None,
            )
        except BaseException:
            if own is not None:
                own.close()
            raise

    def __enter__(self):
        """Starts the server."""
        self.start()
        return self

    def __exit__(self, *exception):
        """Stops the server, with stop()'s default timeout."""
        self.stop()

    def start(self):
        """Starts serving in new threads and returns; raises SocketException after stop()."""
        if self.isClosed():
            raise SocketException("Socket is closed")
        self._server.start()

    def waitFor(self):
        """Serves until stop() is called, possibly by a handler."""
        self._server.serve_forever()

    def stop(self, timeout=5000):
        """Stops the server and returns the number of handlers that are still running: see `polysock.Server.stop`.

        Handlers have `timeout` milliseconds to finish, 0 for no limit; then their connections are closed.
        """
        if timeout < 0:
            raise IllegalArgumentException("timeout can't be negative")
        return self._server.stop(timeout / 1000 if timeout else None)

    def isClosed(self):
        """Whether the server has stopped accepting."""
        return self._server.listener.isClosed()

    def getLocalPort(self):
        """The port that the server listens on, also after it has stopped."""
        return self._server.listener.getLocalPort()

    def getInetAddress(self):
        """The address that the server listens on."""
        return self._server.listener.getInetAddress()

    def getConnections(self):
        """The number of connections that are being handled now."""
        return self._server.connections

    def getStats(self):
        """The counts so far: see `polysock.Server.stats`."""
        return self._server.stats

    def __repr__(self):
        state = self._server._state()
        return f"<polysock.net.Server{state} port={self.getLocalPort()}, connections={self.getConnections()}>"


class _Crew(_server.Server):
    """The underlying server, with Java-style listener and connections."""

    def _listen(self, address, backlog):
        return address

    def _address_of_listener(self):
        return self.listener.getLocalSocketAddress()

    def _is_closed(self):
        return self.listener.isClosed()

    def _connection(self, accepted, address):
        return _native.NetSocket._accepted(accepted, address)

    def _call(self, connection, address):
        self._handler(connection)

    def _closed(self, connection):
        connection.close()


def _bound(endpoint):
    if isinstance(endpoint, _native.SocketAddress):
        listener = _native.ServerSocket()
        listener.bind(endpoint)
        return listener
    return _native.ServerSocket(endpoint)

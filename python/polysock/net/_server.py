"""The callback server, Java-style."""

from .. import _native, _server
from ._errors import IllegalArgumentException, NullPointerException
from ._serving import JavaListener, Serving, check_timeouts


class Server(Serving):
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
        check_timeouts(idleTimeout, handlerTimeout)
        super().__init__(
            endpoint,
            lambda listener: _Crew(
                listener,
                handler,
                max_connections=maxConnections,
                on_error=onError,
                idle_timeout=idleTimeout / 1000 or None,
                handler_timeout=handlerTimeout / 1000 or None,
            ),
        )


class _Crew(JavaListener, _server.Server):
    """The underlying server, with Java-style connections."""

    def _connection(self, accepted, address):
        return _native.NetSocket._accepted(accepted, address)

    def _call(self, connection, address):
        self._handler(connection)

    def _closed(self, connection):
        connection.close()

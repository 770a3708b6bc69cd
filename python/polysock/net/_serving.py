"""What the Java-style servers of both forms share."""

from .. import _native
from ._errors import IllegalArgumentException, SocketException


class Serving:
    """A server on a `ServerSocket`."""

    def __init__(self, endpoint, make):
        """`make(listener)` makes the underlying server."""
        own = None if isinstance(endpoint, _native.ServerSocket) else _bound(endpoint)
        try:
            self._server = make(own or endpoint)
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
        """Serves until stop() is called, possibly by a callback."""
        self._server.serve_forever()

    def stop(self, timeout=5000):
        """Stops the server and returns the number of callbacks that are still running: see stop() in `polysock`.

        Callbacks have `timeout` milliseconds to finish, 0 for no limit; then their connections are closed.
        """
        check_timeouts(timeout)
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
        """The number of connections that are open now."""
        return self._server.connections

    def getStats(self):
        """The counts so far: see `stats` in `polysock`."""
        return self._server.stats

    def __repr__(self):
        name = f"polysock.net.{type(self).__name__}{self._server._state()}"
        return f"<{name} port={self.getLocalPort()}, connections={self.getConnections()}>"


class JavaListener:
    """An underlying server whose listener is a `ServerSocket`."""

    def _listen(self, address, backlog):
        return address

    def _address_of_listener(self):
        return self.listener.getLocalSocketAddress()

    def _is_closed(self):
        return self.listener.isClosed()


def check_timeouts(*timeouts):
    if min(timeouts) < 0:
        raise IllegalArgumentException("timeout can't be negative")


def _bound(endpoint):
    if isinstance(endpoint, _native.SocketAddress):
        listener = _native.ServerSocket()
        listener.bind(endpoint)
        return listener
    return _native.ServerSocket(endpoint)

"""The message server, Java-style."""

from .. import _message_server
from ._errors import IllegalArgumentException, NullPointerException
from ._serving import JavaListener, Serving, check_timeouts


class MessageServer(Serving):
    """Accepts connections, receives messages, and sends what `onMessage(connection, message)` returns.

        class Shouter:
            def onMessage(self, connection, line):
                return line.upper()

        with MessageServer(8080, Shouter(), Framing.lines()) as server:
            server.waitFor()

    java.net has no such class; in Java, this is a loop over a `java.nio.channels.Selector`. `endpoint` is as for
    `Server`. The callbacks are functions, or methods of an object that is given for `onMessage`: `onMessage`, and if it
    has them `onOpen(connection)`, `onClose(connection, reason)` and `onError(exception, connection)`, whose connection
    is None for a failure of the server itself. `connection` is a `Connection`, `message` is bytes, and `reason` is a
    `CloseReason`. `idleTimeout` and `handlerTimeout` are in milliseconds, 0 for no limit. Otherwise it behaves like
    `polysock.MessageServer`.
    """

    def __init__(
        self,
        endpoint,
        onMessage,
        framing=None,
        onOpen=None,
        onClose=None,
        onError=None,
        maxConnections=10_000,
        workers=16,
        maxUnsent=256 * 1024,
        rawReplies=False,
        idleTimeout=0,
        handlerTimeout=0,
    ):
        if onMessage is None:
            raise NullPointerException("onMessage is null")
        for name, count in (("maxConnections", maxConnections), ("workers", workers), ("maxUnsent", maxUnsent)):
            if count < 1:
                raise IllegalArgumentException(f"{name} < 1")
        check_timeouts(idleTimeout, handlerTimeout)
        names = ("onMessage", "onOpen", "onClose", "onError")
        onMessage, onOpen, onClose, onError = _message_server.callbacks(names, onMessage, onOpen, onClose, onError)
        super().__init__(
            endpoint,
            lambda listener: _Crew(
                listener,
                onMessage,
                framing=framing,
                on_open=onOpen,
                on_close=onClose,
                on_error=onError,
                max_connections=maxConnections,
                workers=workers,
                max_unsent=maxUnsent,
                raw_replies=rawReplies,
                idle_timeout=idleTimeout / 1000 or None,
                handler_timeout=handlerTimeout / 1000 or None,
            ),
        )


class _Crew(JavaListener, _message_server.MessageServer):
    """The underlying server, with Java-style connections."""

    def _address_of(self, about):
        return about.getRemoteSocketAddress()

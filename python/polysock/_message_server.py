"""The message server: the library receives and sends, callbacks see messages."""

import collections

from . import _native
from ._serving import Serving


class MessageServerStats(
    collections.namedtuple("MessageServerStats", "handled resets idle_timeouts handler_timeouts bad_messages")
):
    """What a message server has counted since it was made.

    `handled`: connections that have ended. `resets`: connections that ended because the peer had reset them or was
    gone, before or after they were accepted. `idle_timeouts`: connections that were closed because the peer was idle
    for too long. `handler_timeouts`: connections that were closed because a callback took too long. `bad_messages`:
    connections that were closed because the peer had sent a message that was too long, malformed or unfinished.
    """

    __slots__ = ()


def callbacks(names, first, *others):
    """The callbacks of these names: functions, or the methods of an object that is given for the first."""
    if callable(first):
        return first, *others
    methods = [getattr(first, name, None) for name in names]
    if not callable(methods[0]):
        raise TypeError(f"{names[0]} must be callable, or an object with that method, not {type(first).__name__}")
    return methods[0], *(other or method for other, method in zip(others, methods[1:], strict=True))


class MessageServer(Serving):
    """Accepts connections, receives messages, and sends what `on_message(connection, message)` returns.

        def on_message(connection, line):
            return line.upper()

        with polysock.MessageServer(("127.0.0.1", 8080), on_message, framing=polysock.Framing.lines()) as server:
            server.serve_forever()

    `address` and `backlog` are as for `Server`. A `Framing` says how messages and replies are divided; without one,
    a message is the bytes that one receive brought, and replies are sent as they are. `raw_replies` sends replies as
    they are even with a framing, for protocols such as HTTP, whose answers are divided differently from requests.
    `message` is bytes. A reply is any bytes-like object; None means no reply. `connection` is a `Connection`, which can
    send more messages and keeps the program's own state.

    `on_open(connection)` is called when a connection has been accepted, and `on_close(connection, reason)`, with a
    `CloseReason`, when it has ended: exactly once for each `on_open` that did not raise. Instead of functions, an
    object with these methods can be given for `on_message`: `on_message`, and if it has them `on_open`, `on_close`,
    `on_error`.
    All callbacks of one connection are called one after the other, in order; those of different connections may run at
    the same time, in different threads.

    A few threads serve all connections: one does the work while callbacks return soon. When a callback takes longer
    than a few milliseconds, another thread, of up to `workers`, serves the other connections meanwhile. At most
    `max_connections` are open at once (one that has ended counts until `on_close` has returned); others wait in the
    kernel.

    A peer that does not read what it is sent slows only itself: while more than `max_unsent` bytes wait to be sent on a
    connection, no further messages of it are handled, and nothing more is received on it.

    An exception raised by a callback ends only its connection, after the replies to earlier messages have been sent,
    and is passed to `on_error(exception, connection)`. Failures of the server itself are passed with None as the
    connection: it could not start a thread, or could not accept for lack of descriptors, and will try again. Without
    `on_error`, threading.excepthook is called, as for any uncaught exception in a thread, and a note names the client.

    A peer that neither sends nor takes anything for `idle_timeout` seconds is disconnected. When a callback has taken
    `handler_timeout` seconds, its connection is closed.

    The threads are daemons. A server that was not stopped is stopped at exit, without time for its callbacks to finish.
    """

    def __init__(
        self,
        address,
        on_message,
        *,
        framing=None,
        on_open=None,
        on_close=None,
        on_error=None,
        max_connections=10_000,
        workers=16,
        max_unsent=256 * 1024,
        raw_replies=False,
        backlog=None,
        idle_timeout=None,
        handler_timeout=None,
    ):
        names = ("on_message", "on_open", "on_close", "on_error")
        on_message, on_open, on_close, on_error = callbacks(names, on_message, on_open, on_close, on_error)
        for name, callback in (("on_open", on_open), ("on_close", on_close)):
            if callback is not None and not callable(callback):
                raise TypeError(f"{name} must be callable or None, not {type(callback).__name__}")
        self._callbacks = (on_message, on_open, on_close)

        def make(listener):
            return _native.MessageServer(
                listener, framing, raw_replies, max_connections, workers, max_unsent, idle_timeout, handler_timeout
            )

        super().__init__(address, backlog, on_error, make)

    @property
    def stats(self):
        """The counts so far: handled, resets, idle_timeouts, handler_timeouts, bad_messages."""
        return MessageServerStats(*self._server.stats)

    def stop(self, timeout=5.0):
        """Stops the server and returns the number of callbacks that are still running.

        It stops accepting and receiving, and resets connections that are still queued. Messages that have arrived are
        handled, and their replies sent, for up to `timeout` seconds (None: forever; 0: no time). Then all connections
        are closed, with a reset if something is unsent, and callbacks have at most one more second to return. By then
        `on_close` has been called for every connection without a running callback.

        Any thread may call it, any number of times. So may a callback: the call does not wait for that callback, does
        not count it and does not close its connection, nor those of other callbacks that are stopping the server.
        """
        return super().stop(timeout)

    def _worker(self):
        return self._server.worker(*self._callbacks)

    def _address_of(self, about):
        return about.peer

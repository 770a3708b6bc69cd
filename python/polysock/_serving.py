"""What the servers of both forms share: the listener, the threads, the end, and reports of failures."""

import atexit
import errno
import itertools
import os
import threading
import weakref

from . import _native
from ._constants import AF_INET, AF_INET6, AF_UNIX, SOCK_STREAM
from ._namespace import package
from ._native import Step

# Servers that have been started and not stopped. A thread that goes through them would fail if another changed them.
_serving = weakref.WeakSet()
_serving_lock = threading.Lock()


class Serving:
    """A server whose threads carry out the steps of the workers of `_server`, a native server."""

    def __init__(self, address, backlog, on_error, make):
        """`make(listener)` makes the native server."""
        if on_error is not None and not callable(on_error):
            raise TypeError(f"on_error must be callable or None, not {type(on_error).__name__}")
        self._on_error = on_error
        self._lock = threading.Lock()
        self._started = False
        self._numbers = itertools.count(1)
        self._threads = set()
        self._listener = self._listen(address, backlog)
        try:
            self._server = make(self._listener)
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
        name = f"polysock.{type(self).__name__}{self._state()}"
        return f"<{name} address={self.address!r}, connections={self.connections}>"

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
        """The number of connections that are open now."""
        return self._server.connections

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
        with _serving_lock:
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
        """Stops the server, and returns how many of its callbacks are still running."""
        running = self._server.stop(timeout)
        with _serving_lock:
            _serving.discard(self)
        for thread in list(self._threads):
            # A thread without a worker is about to end; one that has not started yet will find nothing to do.
            if thread.worker is None and thread.is_alive():
                thread.join()
        return running

    def _worker(self):
        """Makes this thread a worker."""
        return self._server.worker()

    def _recruit(self):
        _Thread(self, next(self._numbers)).start()

    def _work(self, thread):
        # No local variable may hold a step while this waits for the next one: it would keep the connection.
        while self._take(thread, thread.worker.step()):
            pass

    def _take(self, thread, step):
        """Carries out one step of a worker; returns False after the last one."""
        match step:
            case Step.Recruit():
                try:
                    self._recruit()
                except RuntimeError as exception:  # the system can't start another thread
                    thread.worker.become_last_worker()
                    self._report(exception, None)
            case Step.Report(failure, about):
                self._report(failure, about)
            case Step.Leave():
                return False
        return True

    # What polysock.net overrides for Java-style classes.

    def _listen(self, address, backlog):
        return _listen(address, backlog)

    def _address_of_listener(self):
        return self.listener.getsockname()

    def _is_closed(self):
        return self.listener.fileno() < 0

    def _address_of(self, about):
        """The address of the client that a failure is about."""
        return about

    def _report(self, exception, about):
        """Passes a failure to `on_error`. An exception that this raises goes to threading.excepthook."""
        try:
            if self._on_error is not None:
                self._on_error(exception, about)
                return
        except BaseException as of_hook:
            exception = of_hook
        if about is not None:
            exception.add_note(f"handling the connection from {_shown(self._address_of(about))}")
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
        self.worker = self.server._worker()
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
    try:
        host, *rest = address
    except (TypeError, ValueError):
        text = f"address must be (host, port), a path or a listening socket, not {type(address).__name__}"
        raise TypeError(text) from None
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
    with _serving_lock:
        servers = list(_serving)
    for server in servers:
        server.stop(0)

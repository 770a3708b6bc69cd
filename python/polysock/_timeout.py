"""The timeout of new sockets, one for the standard module and this one."""

import _socket


def getdefaulttimeout():
    """The timeout in seconds that new sockets get; None for ever. The standard module has the same."""
    return _socket.getdefaulttimeout()


def setdefaulttimeout(timeout, /):
    """Sets the timeout in seconds that new sockets get: None waits for ever, 0 never waits."""
    _socket.setdefaulttimeout(timeout)

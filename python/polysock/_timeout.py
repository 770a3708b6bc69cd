"""The default timeout of new sockets, which the standard module and this one share."""

import _socket


def getdefaulttimeout():
    """Returns the default timeout of new sockets in seconds; None waits forever. The standard module has the same."""
    return _socket.getdefaulttimeout()


def setdefaulttimeout(timeout, /):
    """Sets the default timeout of new sockets, also the standard module's, in seconds: None waits forever, 0 never."""
    _socket.setdefaulttimeout(timeout)

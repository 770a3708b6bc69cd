"""The package's namespace as functions see it that the standard module has too.

Those take the names they use from the globals of the standard module, where programs replace them: `socket.socket`,
`socket.getaddrinfo`, `socket.has_ipv6` and others. So ours look in the package at each call.
"""

import sys

package = sys.modules[__package__]


def public(thing):
    """Makes a function or class show the package as its module, where programs find it."""
    thing.__module__ = __package__
    return thing

"""The package's namespace as functions see it that the standard module has too.

Those take the names they use from the globals of the standard module, where programs replace them: `socket.socket`,
`socket.getaddrinfo`, `socket.has_ipv6` and others. So ours look in the package at each call.
"""

import sys

from . import _native

package = sys.modules[__package__]


def publish(module, names):
    """Makes classes and functions show the module in which programs find them, not the file that defines them."""
    for name in names:
        thing = getattr(sys.modules[module], name)
        place = getattr(thing, "__module__", None) or ""
        if place.startswith(f"{__package__}.") and place != _native.__name__:
            thing.__module__ = module

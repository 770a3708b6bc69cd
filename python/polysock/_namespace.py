"""The package's namespace, in which programs replace names.

The standard module's functions find `socket`, `getaddrinfo`, `has_ipv6` and others in its globals, so a program that
replaces one of them there changes what `create_connection` does. Ours look names up in `package` at each call.
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

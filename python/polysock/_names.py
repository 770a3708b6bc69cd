"""Host names: getaddrinfo and getfqdn."""

from . import _native
from ._constants import AddressFamily, SocketKind, _intenum_converter, error
from ._namespace import package


def getfqdn(name=""):
    """Returns the fully qualified name of a host, by default this machine; the name itself if none is known."""
    name = name.strip()
    if not name or name in ("0.0.0.0", "::"):
        name = package.gethostname()
    try:
        official, aliases, _ = package.gethostbyaddr(name)
    except error:
        return name
    return next((known for known in (official, *aliases) if "." in known), official)


def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
    """Looks up a host and a service; returns a list of (family, type, proto, canonname, sockaddr)."""
    return [
        (
            _intenum_converter(found_family, AddressFamily),
            _intenum_converter(found_type, SocketKind),
            found_proto,
            canonname,
            sockaddr,
        )
        for found_family, found_type, found_proto, canonname, sockaddr in _native.getaddrinfo(
            host, port, family, type, proto, flags
        )
    ]

"""create_connection: the addresses of a host race each other (RFC 8305)."""

from . import _native
from ._constants import _GLOBAL_DEFAULT_TIMEOUT, SOCK_STREAM, error
from ._namespace import package
from ._socket_class import socket

_own_connect = socket.connect


def create_connection(
    address, timeout=_GLOBAL_DEFAULT_TIMEOUT, source_address=None, *, all_errors=False, happy_eyeballs_delay=0.25
):
    """Connects to (host, port) and returns the socket: the first address of the host that answers wins.

    If an address has not answered after `happy_eyeballs_delay` seconds, or after its share of the timeout, the next one
    is tried as well, IPv6 and IPv4 in turn (RFC 8305); after a refusal the next one is tried at once. With None they
    are tried one after another, in the resolver's order.
    The timeout covers all addresses together and begins after the name look-up. If all addresses fail, the error of the
    last one is raised, or with `all_errors` an ExceptionGroup of all errors.
    """
    try:
        host, port = address
    except ValueError as wrong:
        if isinstance(address, str):
            wrong.add_note("hint: an address is a tuple, such as ('127.0.0.1', 80)")
        raise
    found = list(package.getaddrinfo(host, port, 0, SOCK_STREAM))  # a replacement may return any iterable
    limit = package.getdefaulttimeout() if timeout is _GLOBAL_DEFAULT_TIMEOUT else timeout

    def make(family, kind, proto):
        sock = package.socket(family, kind, proto)
        try:
            if timeout is not _GLOBAL_DEFAULT_TIMEOUT:
                sock.settimeout(timeout)
            if source_address:
                sock.bind(source_address)
        except BaseException:
            sock.close()
            raise
        return sock

    # A class that overrides connect, such as a proxy's, connects to one address after another, and so does a call that
    # may not wait.
    if len(found) > 1 and limit != 0 and getattr(package.socket, "connect", None) is _own_connect:
        one_at_a_time = bool(source_address and source_address[1])
        race = _native.Race([family for family, *_ in found], limit, happy_eyeballs_delay, one_at_a_time)
        sock, errors = _first_of(race, found, make)
    else:
        sock, errors = _one_after_another(found, make)
    try:
        if sock is not None:
            return sock
        if not errors:
            raise error("getaddrinfo returns an empty list")
        if all_errors:
            raise ExceptionGroup("create_connection failed", errors)
        raise errors[-1]
    finally:
        errors.clear()  # an exception refers to this frame, so the frame must not refer to the exception


def _first_of(race, found, make):
    """Returns the socket that connects first and no errors, or None and the error of each address, in order."""
    made, failed = {}, {}
    try:
        return _run(race, found, make, made, failed)
    finally:
        failed.clear()
        for sock in made.values():
            sock.close()
        made.clear()


# Not in the `try` of _first_of: in CPython 3.14, what a signal handler raises where a loop begins again may escape it.
def _run(race, found, make, made, failed):
    while (place := race.step()) is not None:
        for out in [other for other in made if not race.runs(other)]:
            made.pop(out).close()
        failed.pop(place, None)
        family, kind, proto, _canonname, sockaddr = found[place]
        try:
            made[place] = make(family, kind, proto)
            race.enter(place, made[place], sockaddr)
        except error as exc:
            failed[place] = exc
            race.fail(place, exc.errno)
    if race.winner is not None:
        return made.pop(race.winner), []
    return None, [failed.get(place) or race.error(place) for place in range(len(found))]


def _one_after_another(found, make):
    """Like _first_of, but one address after another by the socket's own connect, each with its share of the time."""
    errors = []
    deadline = None
    for place, (family, kind, proto, _canonname, sockaddr) in enumerate(found):
        sock = None
        try:
            sock = make(family, kind, proto)
            limit = sock.gettimeout()
            if limit and len(found) > 1:
                deadline = deadline or _native.Deadline(limit)
                sock.settimeout(deadline.share(len(found) - place))
            sock.connect(sockaddr)
            if limit and len(found) > 1:
                sock.settimeout(limit)
            return sock, []
        except error as exc:
            errors.append(exc)
            if sock is not None:
                sock.close()
        except BaseException:
            if sock is not None:
                sock.close()
            raise
    return None, errors

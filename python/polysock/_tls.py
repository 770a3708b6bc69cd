"""What the ssl module does with the socket that it wraps."""

import _socket


def give_back(descriptor, frame):
    """Takes the descriptor away from the TLS socket that a caller in the ssl module has already made of it.

    That module makes its socket first and then calls detach(). When detach() raises, its socket would close a
    descriptor that is still ours.
    """
    while frame is not None and frame.f_globals.get("__name__") != "ssl":
        frame = frame.f_back
    made = frame.f_locals.values() if frame is not None else ()
    for tls_socket in made:
        if isinstance(tls_socket, _socket.socket) and tls_socket.fileno() == descriptor:
            _socket.socket.detach(tls_socket)

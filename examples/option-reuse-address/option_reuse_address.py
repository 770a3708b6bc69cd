"""Restarting a server on its port: SO_REUSEADDR and TIME_WAIT."""

import errno

import polysock as socket

TIMEOUT = 5


def listen(address: tuple[str, int], reuse: bool) -> socket.socket:
    s = socket.socket()
    try:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
        s.bind(address)
        s.listen()
    except OSError:
        s.close()
        raise
    return s


def attempt(title: str, address: tuple[str, int], reuse: bool) -> None:
    try:
        listen(address, reuse).close()
    except OSError as error:
        print(f"{title}: {errno.errorcode[error.errno]}")
    else:
        print(f"{title}: ok")


# A server serves a client and closes first: the port then stays in TIME_WAIT for a minute, because of late
# segments.
listener = listen(("127.0.0.1", 0), reuse=True)
address = listener.getsockname()
client = socket.create_connection(address, timeout=TIMEOUT)
listener.settimeout(TIMEOUT)
server, _address = listener.accept()  # inherits reuse-address

attempt("while it listens, with reuse-address", address, True)
listener.close()
attempt("while it serves, without", address, False)
attempt("while it serves, with", address, True)
server.close()
client.recv(1)
client.close()
attempt("in TIME_WAIT, without", address, False)
attempt("in TIME_WAIT, with", address, True)

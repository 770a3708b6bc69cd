"""Restarting a server on its port: SO_REUSEADDR and TIME_WAIT, Java style."""

import errno

from polysock.net import BindException, InetAddress, InetSocketAddress, ServerSocket, Socket

TIMEOUT_MS = 5_000


def attempt(title: str, address: InetSocketAddress, reuse: bool) -> None:
    with ServerSocket() as listener:  # unbound; reuse-address is on in a new one
        listener.setReuseAddress(reuse)
        try:
            listener.bind(address)
            print(f"{title}: ok")
        except BindException as exception:
            print(f"{title}: {errno.errorcode[exception.errno]}")


# A server serves a client and closes first: the port then stays in TIME_WAIT for a minute, because of late
# segments.
listener = ServerSocket(0, 50, InetAddress.getLoopbackAddress())
address = listener.getLocalSocketAddress()
client = Socket()
client.connect(address, TIMEOUT_MS)
client.setSoTimeout(TIMEOUT_MS)
listener.setSoTimeout(TIMEOUT_MS)
server = listener.accept()  # inherits reuse-address

attempt("while it listens, with reuse-address", address, True)
listener.close()
attempt("while it serves, without", address, False)
attempt("while it serves, with", address, True)
server.close()
client.getInputStream().read()
client.close()
attempt("in TIME_WAIT, without", address, False)
attempt("in TIME_WAIT, with", address, True)

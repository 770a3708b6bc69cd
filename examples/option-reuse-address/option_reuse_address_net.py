"""Starting a server again on its port: SO_REUSEADDR and TIME_WAIT, Java style."""

import errno

from polysock.net import BindException, InetAddress, InetSocketAddress, ServerSocket, Socket

PATIENCE_MS = 5_000


def attempt(title: str, address: InetSocketAddress, reuse: bool) -> None:
    with ServerSocket() as listener:  # unbound; reuse-address is on in a new one
        listener.setReuseAddress(reuse)
        try:
            listener.bind(address)
            print(f"{title}: ok")
        except BindException as exception:
            print(f"{title}: {errno.errorcode[exception.errno]}")


# A server serves a client, and closes its end first: the port then stays in TIME_WAIT for a minute, for late
# segments.
listener = ServerSocket(0, 50, InetAddress.getLoopbackAddress())
address = listener.getLocalSocketAddress()
client = Socket()
client.connect(address, PATIENCE_MS)
client.setSoTimeout(PATIENCE_MS)
listener.setSoTimeout(PATIENCE_MS)
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

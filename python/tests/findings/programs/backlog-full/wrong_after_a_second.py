"""A client whose first SYN is dropped, and which is connected by the second one, a second later."""

import errno
import socket

with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
    address = listener.getsockname()
    first, second = socket.create_connection(address), socket.socket()
    second.setblocking(False)
    assert second.connect_ex(address) == errno.EINPROGRESS  # the SYN is sent, and dropped
    listener.accept()[0].close()
    second.settimeout(10)
    second.connect(address)  # until the next SYN
    listener.accept()[0].close()
    first.close()
    second.close()

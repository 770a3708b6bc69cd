"""connect_ex and its error codes:  connect_ex.py

`connect` raises, `connect_ex` returns: 0, or an errno number. Only what is wrong with the arguments, and names that
can't be resolved, still raise.
"""

import errno
import os
import select

import polysock as socket


def tell(what: str, code: int | None) -> None:
    if code == 0:
        print(f"{what}: ok")
    elif code == errno.EAGAIN:  # what Python's connect_ex returns when the timeout has passed
        print(f"{what}: no answer in time")
    else:  # errno.errorcode[code] is its name
        print(f"{what}: {os.strerror(code)} (os error {code})")


socket.setdefaulttimeout(5)
listener, s, second, background = (socket.socket() for _ in range(4))

with listener, s, second, background:
    # A port that is taken and does not listen: nobody else can be there.
    listener.bind(("127.0.0.1", 0))
    there = listener.getsockname()
    tell("nobody listens", s.connect_ex(there))

    tell("a broadcast address", background.connect_ex(("127.255.255.255", 9)))

    # In the background: it begins, poll says when it has ended, and SO_ERROR how.
    background.setblocking(False)
    tell("without waiting", background.connect_ex(there))
    waiting = select.poll()
    waiting.register(background, select.POLLOUT)
    if waiting.poll(5000):
        tell("how that ended", background.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))

    listener.listen(0)  # room for one connection in its queue
    tell("the same socket, now that somebody listens", s.connect_ex(there))
    tell("once more", s.connect_ex(there))
    try:
        second.bind(there)  # there is no bind_ex
    except OSError as error:
        tell("bind to a port in use", error.errno)
    second.settimeout(0.2)
    tell("the queue is full", second.connect_ex(there))

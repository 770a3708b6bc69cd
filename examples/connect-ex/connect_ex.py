"""connect_ex and its error codes:  connect_ex.py

`connect` raises, `connect_ex` returns: 0, or an errno number. Only what is wrong with the arguments, and names that
can't be resolved, still raise.
"""

import errno
import os
import select

import polysock as socket


def report(what: str, code: int | None) -> None:
    if code == 0:
        print(f"{what}: ok")
    elif code == errno.EAGAIN:  # what Python's connect_ex returns when the timeout has passed
        print(f"{what}: no answer in time")
    else:  # errno.errorcode[code] is its name
        print(f"{what}: {os.strerror(code)} (os error {code})")


socket.setdefaulttimeout(5)
listener, s, second, background = (socket.socket() for _ in range(4))

with listener, s, second, background:
    # A bound port that does not listen, so that no other program can listen there.
    listener.bind(("127.0.0.1", 0))
    there = listener.getsockname()
    report("nothing listens", s.connect_ex(there))

    report("a broadcast address", background.connect_ex(("127.255.255.255", 9)))

    # In the background: connect starts it, poll reports its end, and SO_ERROR the result.
    background.setblocking(False)
    report("without waiting", background.connect_ex(there))
    waiting = select.poll()
    waiting.register(background, select.POLLOUT)
    if waiting.poll(5000):
        report("how that ended", background.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))

    listener.listen(0)  # room for one connection in its queue
    report("the same socket, now that a listener is there", s.connect_ex(there))
    report("once more", s.connect_ex(there))
    try:
        second.bind(there)  # there is no bind_ex
    except OSError as error:
        report("bind to a port in use", error.errno)
    second.settimeout(0.2)
    report("the queue is full", second.connect_ex(there))

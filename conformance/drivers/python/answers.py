"""What refusals are called in the protocol."""

import errno

# Where an exception of polysock keeps the number of bytes done, and which classes (by name) mean what.
DONE_ATTRIBUTE = "done"
OWN_NAMES = {
    "ClosedError": "CLOSED",
    "TruncatedError": "TRUNCATED",
    "IncompleteReadError": "TRUNCATED",
    "EOFError": "EOF",
    "EOFException": "TRUNCATED",
    "SocketTimeoutException": "TIMEDOUT",
}


class Fail(Exception):
    """An answer `error NAME done=…` decided here."""

    def __init__(self, name, done=None):
        super().__init__(name)
        self.name, self.done = name, done


def error_answer(exc, call=None):
    """The `error …` line of an exception: names are the protocol's, whatever Python calls them."""
    done = getattr(exc, DONE_ATTRIBUTE, None)
    if isinstance(exc, Fail):
        name = exc.name
    elif type(exc).__name__ in OWN_NAMES:
        name = OWN_NAMES[type(exc).__name__]
    elif isinstance(exc, (OverflowError, ValueError)):
        name = "INVAL"
    elif isinstance(exc, MemoryError):
        name = "NOMEM"
    else:
        name = name_of_errno(exc, call)
    facts = {"done": done, "missing": getattr(exc, "missing", None), "needed": getattr(exc, "needed", None)}
    return f"error {name}" + "".join(f" {key}={fact}" for key, fact in facts.items() if isinstance(fact, int))


def name_of_errno(exc, call):
    code = exc.errno
    if code == errno.ETIMEDOUT:
        return "CONNTIMEDOUT"
    if isinstance(exc, TimeoutError):
        return "TIMEDOUT"
    if code == errno.EBADF and call not in ("from_fd", "close_fd"):
        return "CLOSED"
    if code in (errno.EINPROGRESS, errno.EALREADY):
        return "INPROGRESS"
    if code in (errno.EAGAIN, errno.EWOULDBLOCK):
        return "AGAIN"
    if code == errno.EOPNOTSUPP:
        return "OPNOTSUPP"  # the same number as ENOTSUP on Linux
    if code is None:
        return "INVAL"  # refused before the system was asked: a Unix path that is too long
    return errno.errorcode.get(code, f"E{code}")[1:]

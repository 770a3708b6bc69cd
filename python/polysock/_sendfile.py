"""sendfile: in the kernel where possible, otherwise by reading and sending."""

import contextlib
import io
import os
import stat

from ._constants import SOCK_STREAM, _GiveupOnSendfile


def use_sendfile(sock, file, offset, count):
    """Sends in the kernel; raises _GiveupOnSendfile, with nothing sent, where that is not possible."""
    sock._check_sendfile_params(file, offset, count)
    try:
        fd = file.fileno()
        status = os.fstat(fd)
        regular = stat.S_ISREG(status.st_mode)
        # Files in /proc report a size of 0.
        empty = regular and not status.st_size and not os.pread(fd, 1, 0)
    except (AttributeError, io.UnsupportedOperation, OSError) as exc:
        raise _GiveupOnSendfile(exc) from exc
    if not regular:
        raise _GiveupOnSendfile("not a regular file")
    if empty:
        return 0
    if sock.gettimeout() == 0:
        raise ValueError("non-blocking sockets are not supported")
    sent = 0
    try:
        sent = sock._sendfile(fd, offset, count)
        return sent
    except BaseException as exc:
        sent = getattr(exc, "done", 0)
        if sent or isinstance(exc, TimeoutError) or not isinstance(exc, OSError):
            raise
        # Either the socket is closed, or the kernel can't send from this file: use_send finds out which.
        raise _GiveupOnSendfile(exc) from exc
    finally:
        if sent and hasattr(file, "seek"):
            file.seek(offset + sent)


def use_send(sock, file, offset, count):
    """Reads the file and sends what was read."""
    sock._check_sendfile_params(file, offset, count)
    if sock.gettimeout() == 0:
        raise ValueError("non-blocking sockets are not supported")
    seekable = _is_seekable(file)
    if offset or seekable:
        file.seek(offset)
    sent = [0]
    try:
        _send_all_of(sock, file, count, sent)
        return sent[0]
    except BaseException as exc:
        with contextlib.suppress(AttributeError):
            exc.done = sent[0]
        raise
    finally:
        if sent[0] and seekable:
            file.seek(offset + sent[0])


# Not in the `try` of use_send: in CPython 3.14, what a signal handler raises where a loop begins again may escape it.
def _send_all_of(sock, file, count, sent):
    block = min(count, 8192) if count else 8192
    while not count or sent[0] < count:
        data = memoryview(file.read(min(count - sent[0], block) if count else block))
        if not data:
            break
        while data:
            try:
                moved = sock.send(data)
            except BlockingIOError:
                continue
            except BaseException as exc:
                sent[0] += getattr(exc, "done", 0)
                raise
            sent[0] += moved
            data = data[moved:]


def check(sock, file, offset, count):
    if "b" not in getattr(file, "mode", "b"):
        raise ValueError("file should be opened in binary mode")
    if not sock.type & SOCK_STREAM:
        raise ValueError("only SOCK_STREAM type sockets are supported")
    if count is not None:
        if not isinstance(count, int):
            raise TypeError(f"count must be a positive integer (got {count!r})")
        if count <= 0:
            raise ValueError(f"count must be a positive integer (got {count!r})")


def _is_seekable(file):
    """Whether a file object can be positioned; if it has no seekable(), whether it has seek()."""
    seekable = getattr(file, "seekable", None)
    return seekable() if seekable else hasattr(file, "seek")

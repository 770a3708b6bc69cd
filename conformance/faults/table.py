"""The calls that can fail, and how: the errnos of their man pages, and what filters of system calls (seccomp) and old kernels answer."""

import errno
from dataclasses import dataclass

ONE_BYTE = -1  # no errno: the call moves one byte

# In the order of shim.c.
CALLS = (
    "socket", "socketpair", "bind", "listen", "accept4", "accept", "connect", "send", "recv", "sendmsg", "recvmsg",
    "sendmmsg", "recvmmsg", "sendfile64", "ppoll", "poll", "epoll_create1", "epoll_ctl", "epoll_wait", "eventfd", "pipe", "fcntl", "ioctl",
    "getsockopt", "setsockopt", "getsockname", "getpeername", "shutdown", "close", "open64", "opendir", "readlink",
    "fstat", "read", "write", "pread", "sigtimedwait", "kcmp", "pthread_create",
    "allocation",
)  # fmt: skip

FORBIDDEN = "EPERM ENOSYS"  # a filter's answers; the second is an old kernel's too
NO_DESCRIPTORS = "EMFILE ENFILE"
UNREACHABLE = "ENETDOWN ENETUNREACH EHOSTDOWN EHOSTUNREACH"

ERRNOS = {
    "socket": f"{NO_DESCRIPTORS} EACCES EAFNOSUPPORT EINVAL ENOBUFS ENOMEM EPROTONOSUPPORT {FORBIDDEN}",
    "socketpair": f"{NO_DESCRIPTORS} EAFNOSUPPORT ENOMEM EOPNOTSUPP EPROTONOSUPPORT {FORBIDDEN}",
    "bind": f"EACCES EADDRINUSE EADDRNOTAVAIL EINVAL ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR EROFS {FORBIDDEN}",
    "listen": f"EADDRINUSE EOPNOTSUPP ENOBUFS {FORBIDDEN}",
    # accept(2): errors that wait on the new connection come out of it too.
    "accept4": f"EAGAIN ECONNABORTED EINTR {NO_DESCRIPTORS} ENOBUFS ENOMEM EPROTO EINVAL ENONET EOPNOTSUPP {UNREACHABLE} {FORBIDDEN}",
    "accept": f"EAGAIN ECONNABORTED EINTR {NO_DESCRIPTORS} ENOBUFS ENOMEM EPROTO {FORBIDDEN}",
    "connect": f"EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN ECONNREFUSED ECONNRESET EINTR ENOBUFS ETIMEDOUT "
    f"{UNREACHABLE} {FORBIDDEN}",
    "send": f"EAGAIN ECONNRESET ECONNREFUSED EINTR EMSGSIZE ENOBUFS ENOMEM EPIPE ETIMEDOUT EACCES {UNREACHABLE} {FORBIDDEN}",
    "sendmsg": f"EAGAIN ECONNRESET ECONNREFUSED EINTR EMSGSIZE ENOBUFS ENOMEM EPIPE ETIMEDOUT EACCES {UNREACHABLE} {FORBIDDEN}",
    "recv": f"EAGAIN ECONNREFUSED ECONNRESET EINTR ENOMEM ENOTCONN ETIMEDOUT EHOSTUNREACH {FORBIDDEN}",
    "recvmsg": f"EAGAIN ECONNREFUSED ECONNRESET EINTR ENOMEM ENOTCONN ETIMEDOUT EHOSTUNREACH {FORBIDDEN}",
    "sendmmsg": f"EAGAIN ECONNRESET ECONNREFUSED EINTR EINVAL EIO EMSGSIZE ENOBUFS ENOMEM EPIPE {UNREACHABLE} {FORBIDDEN} EACCES",
    "recvmmsg": f"EAGAIN ECONNREFUSED ECONNRESET EINTR ENOMEM ENOTCONN EHOSTUNREACH {FORBIDDEN} EACCES",
    "sendfile64": f"EAGAIN EINTR EINVAL EIO ENOMEM EOVERFLOW ECONNRESET EPIPE {FORBIDDEN}",
    "ppoll": f"EINTR ENOMEM EINVAL {FORBIDDEN} EACCES",
    "poll": f"EINTR ENOMEM EINVAL {FORBIDDEN}",
    "epoll_create1": f"{NO_DESCRIPTORS} ENOMEM {FORBIDDEN}",
    "epoll_ctl": f"ENOMEM ENOSPC {FORBIDDEN}",
    "epoll_wait": f"EINTR {FORBIDDEN}",
    "eventfd": f"{NO_DESCRIPTORS} ENODEV ENOMEM EINVAL {FORBIDDEN} EACCES",
    "pipe": f"{NO_DESCRIPTORS} {FORBIDDEN}",
    "fcntl": f"EMFILE EINVAL {FORBIDDEN}",
    "ioctl": f"ENOTTY EINVAL {FORBIDDEN}",
    "getsockopt": f"EINVAL ENOPROTOOPT EACCES ENOBUFS {FORBIDDEN}",
    "setsockopt": f"EINVAL ENOPROTOOPT EACCES EDOM ENOBUFS ENOMEM {FORBIDDEN}",
    "getsockname": f"ENOBUFS EINVAL {FORBIDDEN}",
    "getpeername": f"ENOBUFS ENOTCONN {FORBIDDEN}",
    "shutdown": f"ENOTCONN {FORBIDDEN}",
    "close": "EINTR EIO ENOSPC EDQUOT ECONNRESET",
    "open64": f"ENOENT EACCES {NO_DESCRIPTORS} ENOMEM {FORBIDDEN}",
    "opendir": f"ENOENT EACCES {NO_DESCRIPTORS} ENOMEM {FORBIDDEN}",
    "readlink": f"ENOENT EACCES ENOMEM {FORBIDDEN}",
    "fstat": f"ENOMEM EOVERFLOW {FORBIDDEN}",
    # Of wake-up descriptors, which never block: a write that finds one full has nothing to do.
    "read": "EAGAIN EINTR",
    "write": "EINTR",
    "pread": f"EINTR EIO {FORBIDDEN}",
    "sigtimedwait": f"EAGAIN EINTR EINVAL {FORBIDDEN}",
    "kcmp": f"EACCES ESRCH {FORBIDDEN}",
    "pthread_create": "EAGAIN EPERM",
    "allocation": "ENOMEM",
}
# What does not pass by itself: every later call fails too.
LASTING = {"EMFILE", "ENFILE", "ENOMEM", "ENOBUFS", "EPERM", "ENOSYS", "EACCES", "one byte"}
IN_PARTS = {"send", "recv", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "sendfile64"}


@dataclass(frozen=True)
class Fault:
    """The call of this name fails once, or from then on, after `at` that succeeded."""

    call: str
    at: int
    error: str  # an errno's name, or "one byte"
    lasting: bool = False

    def __str__(self):
        return f"{self.call} {self.at + 1}{' and later' if self.lasting else ''}: {self.error}"

    @property
    def number(self):
        return ONE_BYTE if self.error == "one byte" else getattr(errno, self.error)


def faults(call, at):
    """Every way in which this call can fail."""
    for name in [*ERRNOS[call].split(), *(["one byte"] if call in IN_PARTS else [])]:
        if name in LASTING:  # first, since where only one call was made it is the other one, too
            yield Fault(call, at, name, lasting=True)
        yield Fault(call, at, name)

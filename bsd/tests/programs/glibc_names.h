/* What only glibc has, for programs that are compiled for another C library. */
#ifndef GLIBC_NAMES_H
#define GLIBC_NAMES_H

#include <features.h>
#ifndef __GLIBC__
#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char *strerrorname_np(int number) {
    switch (number) {
#define NAME(error) case error: return #error
        NAME(EPERM); NAME(ENOENT); NAME(ESRCH); NAME(EINTR); NAME(EIO); NAME(ENXIO); NAME(E2BIG); NAME(EBADF); NAME(ECHILD);
        NAME(EAGAIN); NAME(ENOMEM); NAME(EACCES); NAME(EFAULT); NAME(EBUSY); NAME(EEXIST); NAME(ENODEV); NAME(ENOTDIR);
        NAME(EISDIR); NAME(EINVAL); NAME(ENFILE); NAME(EMFILE); NAME(ENOTTY); NAME(EFBIG); NAME(ENOSPC); NAME(ESPIPE);
        NAME(EPIPE); NAME(EDOM); NAME(ERANGE); NAME(ENOSYS); NAME(EOVERFLOW); NAME(ENOTSOCK); NAME(EDESTADDRREQ);
        NAME(EMSGSIZE); NAME(EPROTOTYPE); NAME(ENOPROTOOPT); NAME(EPROTONOSUPPORT); NAME(ESOCKTNOSUPPORT); NAME(EOPNOTSUPP);
        NAME(EPFNOSUPPORT); NAME(EAFNOSUPPORT); NAME(EADDRINUSE); NAME(EADDRNOTAVAIL); NAME(ENETUNREACH); NAME(ECONNABORTED);
        NAME(ECONNRESET); NAME(ENOBUFS); NAME(EISCONN); NAME(ENOTCONN); NAME(ETOOMANYREFS); NAME(ETIMEDOUT);
        NAME(ECONNREFUSED); NAME(EHOSTUNREACH); NAME(EALREADY); NAME(EINPROGRESS); NAME(ECANCELED);
#undef NAME
    }
    return "another error";
}

#define CLOSE_RANGE_UNSHARE 2U
#define CLOSE_RANGE_CLOEXEC 4U

static int close_range(unsigned first, unsigned last, int flags) {
    return syscall(SYS_close_range, first, last, flags);
}

static void closefrom(int first) {
    close_range(first, ~0U, 0);
}

static int epoll_pwait2(int fd, struct epoll_event *found, int most, const struct timespec *limit, const sigset_t *mask) {
    return syscall(SYS_epoll_pwait2, fd, found, most, limit, mask, _NSIG / 8);
}
#endif

#endif

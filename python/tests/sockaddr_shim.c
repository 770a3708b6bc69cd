/* Preloaded by sockaddr_probe.py in place of the kernel, which may not have the address families.
 * bind, connect, sendto and sendmsg keep the address that they are given; getsockname returns a prepared address, and
 * recvmsg prepared control messages. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

enum { ROOM = 256 };

static unsigned char kept[ROOM], prepared[ROOM];
static socklen_t kept_length, prepared_length;

/* Takes the address that was kept last: its bytes go to `to`, its length is returned. */
int shim_take(unsigned char *to)
{
    int length = (int)kept_length;
    memcpy(to, kept, kept_length);
    kept_length = 0;
    return length;
}

/* What is to be given back. */
void shim_prepare(const unsigned char *from, int length)
{
    memcpy(prepared, from, (size_t)length);
    prepared_length = (socklen_t)length;
}

static int keep(const void *address, socklen_t length)
{
    if (length > ROOM) {
        errno = EINVAL;
        return -1;
    }
    if (address != NULL) {
        memcpy(kept, address, length);
        kept_length = length;
    }
    return 0;
}

static void give(void *address, socklen_t *length)
{
    socklen_t room = *length;
    memcpy(address, prepared, room < prepared_length ? room : prepared_length);
    *length = prepared_length;
}

int bind(int fd, const struct sockaddr *address, socklen_t length)
{
    (void)fd;
    return keep(address, length);
}

int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    (void)fd;
    return keep(address, length);
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *address, socklen_t length)
{
    (void)fd, (void)data, (void)flags;
    return keep(address, length) == 0 ? (ssize_t)size : -1;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    (void)fd, (void)flags;
    return keep(message->msg_name, message->msg_namelen);
}

/* With musl, polysock sends messages by it. */
long syscall(long number, ...)
{
    long arguments[6];
    va_list list;
    va_start(list, number);
    for (int index = 0; index < 6; index++)
        arguments[index] = va_arg(list, long);
    va_end(list);
    if (number == SYS_sendmsg)
        return sendmsg((int)arguments[0], (const struct msghdr *)arguments[1], (int)arguments[2]);
    static long (*next)(long, ...);
    if (next == NULL)
        next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    return next(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    (void)fd, (void)flags;
    memcpy(message->msg_control, prepared, prepared_length);
    message->msg_controllen = prepared_length;
    message->msg_namelen = 0;
    message->msg_flags = 0;
    return 0;
}

int getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
    (void)fd;
    give(address, length);
    return 0;
}

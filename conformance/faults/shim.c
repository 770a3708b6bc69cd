/*
 * The fault injector's part inside a driver (LD_PRELOAD): counts the system calls and allocations that one object of the
 * process makes, and lets the one that it was asked for fail. run_faults.py asks through a file that both map; see README.md.
 *
 * POLYSOCK_FAULTS names that file; POLYSOCK_FAULTS_IN is the object whose calls count, by the end of its file's name,
 * or empty for the program itself.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* The calls, in the order of faults/table.py: a test compares them. */
#define CALLS(X) \
    X(socket) X(socketpair) X(bind) X(listen) X(accept4) X(accept) X(connect) X(send) X(recv) X(sendmsg) X(recvmsg) \
    X(sendmmsg) X(recvmmsg) X(sendfile64) X(ppoll) X(poll) X(epoll_create1) X(epoll_ctl) X(epoll_wait) X(eventfd) X(pipe) X(fcntl) X(ioctl) \
    X(getsockopt) X(setsockopt) X(getsockname) X(getpeername) X(shutdown) X(close) X(open64) X(opendir) X(readlink) \
    X(fstat) X(read) X(write) X(pread) X(sigtimedwait) X(kcmp) X(pthread_create) \
    X(allocation)
#define ENUMERATE(name) CALL_##name,
enum call { CALLS(ENUMERATE) CALL_COUNT };
#define NAME(name) #name,
const char *const polysock_fault_calls[] = {CALLS(NAME) NULL}; /* read out of the file by the test */

/* A long transfer one byte at a time would take minutes: this many bytes are enough. */
enum { ONCE = 0, FROM_THEN_ON = 1, ONE_BYTE = -1, BYTES = 500 };

/* The file that the runner and this process map; faults/control.py has the same layout. */
struct control {
    uint32_t attached;   /* this process has found the object */
    uint32_t armed;      /* calls count */
    uint32_t call;       /* which one is to fail */
    uint32_t at;         /* after how many that succeed */
    uint32_t lasting;    /* ONCE or FROM_THEN_ON */
    int32_t error;       /* the errno, or ONE_BYTE: the call moves one byte */
    uint32_t hits;       /* how many failed */
    uint32_t thread;     /* the thread of the first */
    uint32_t seen[64];   /* calls of each kind */
};

static struct control *control;
static uintptr_t first_byte, end_byte; /* the object's code */
static const char *object;

static int find_code(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size, (void)unused;
    const char *name = info->dlpi_name;
    size_t length = strlen(name), wanted = strlen(object);
    /* The program itself has no name. */
    if (wanted == 0 ? length != 0 : length < wanted || strcmp(name + length - wanted, object) != 0)
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X) != 0) {
            end_byte = info->dlpi_addr + part->p_vaddr + part->p_memsz;
            __atomic_store_n(&first_byte, info->dlpi_addr + part->p_vaddr, __ATOMIC_RELEASE);
            return 1;
        }
    }
    return 0;
}

__attribute__((constructor)) static void attach(void)
{
    const char *path = getenv("POLYSOCK_FAULTS");
    object = getenv("POLYSOCK_FAULTS_IN");
    if (path == NULL || object == NULL)
        return;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped != MAP_FAILED)
        control = mapped;
}

/* Whether the object makes the call. Found late: Python loads it when it is imported. */
static bool is_ours(const void *caller)
{
    static _Thread_local bool looking;
    if (__atomic_load_n(&first_byte, __ATOMIC_ACQUIRE) == 0) {
        if (looking)
            return false;
        looking = true;
        dl_iterate_phdr(find_code, NULL);
        looking = false;
        if (first_byte == 0)
            return false;
        control->attached = 1;
    }
    return (uintptr_t)caller >= first_byte && (uintptr_t)caller < end_byte;
}

/* 0: the call goes on. Otherwise it fails with this errno, or moves ONE_BYTE. */
static int fault(enum call call, const void *caller)
{
    if (control == NULL || __atomic_load_n(&control->armed, __ATOMIC_ACQUIRE) == 0 || !is_ours(caller))
        return 0;
    uint32_t before = __atomic_fetch_add(&control->seen[call], 1, __ATOMIC_RELAXED);
    if (control->call != (uint32_t)call || control->error == 0)
        return 0;
    if (control->lasting == FROM_THEN_ON ? before < control->at : before != control->at)
        return 0;
    if (control->error == ONE_BYTE && before - control->at >= BYTES)
        return 0;
    if (__atomic_fetch_add(&control->hits, 1, __ATOMIC_RELAXED) == 0)
        control->thread = (uint32_t)syscall(SYS_gettid);
    return control->error;
}

#define REAL(name, ...) \
    static __typeof__(name) *real; \
    if (real == NULL) \
        real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

#define FAIL_OR(failed, name) \
    int error = fault(CALL_##name, __builtin_return_address(0)); \
    REAL(name); \
    if (error > 0) { \
        errno = error; \
        return failed; \
    }

/* Calls that do nothing when they fail. */
#define PLAIN(type, failed, name, parameters, arguments) \
    type name parameters \
    { \
        FAIL_OR(failed, name) \
        return real arguments; \
    }

PLAIN(int, -1, socket, (int family, int type, int protocol), (family, type, protocol))
PLAIN(int, -1, socketpair, (int family, int type, int protocol, int ends[2]), (family, type, protocol, ends))
PLAIN(int, -1, bind, (int fd, const struct sockaddr *address, socklen_t length), (fd, address, length))
PLAIN(int, -1, listen, (int fd, int backlog), (fd, backlog))
PLAIN(int, -1, accept4, (int fd, struct sockaddr *address, socklen_t *length, int flags), (fd, address, length, flags))
PLAIN(int, -1, accept, (int fd, struct sockaddr *address, socklen_t *length), (fd, address, length))
PLAIN(int, -1, connect, (int fd, const struct sockaddr *address, socklen_t length), (fd, address, length))
PLAIN(int, -1, ppoll, (struct pollfd *set, nfds_t count, const struct timespec *left, const sigset_t *mask),
      (set, count, left, mask))
PLAIN(int, -1, poll, (struct pollfd *set, nfds_t count, int left), (set, count, left))
PLAIN(int, -1, epoll_create1, (int flags), (flags))
PLAIN(int, -1, epoll_ctl, (int set, int operation, int fd, struct epoll_event *event), (set, operation, fd, event))
PLAIN(int, -1, epoll_wait, (int set, struct epoll_event *events, int room, int left), (set, events, room, left))
PLAIN(int, -1, eventfd, (unsigned start, int flags), (start, flags))
PLAIN(int, -1, pipe, (int ends[2]), (ends))
PLAIN(int, -1, getsockopt, (int fd, int level, int name, void *value, socklen_t *length), (fd, level, name, value, length))
PLAIN(int, -1, setsockopt, (int fd, int level, int name, const void *value, socklen_t length),
      (fd, level, name, value, length))
PLAIN(int, -1, getsockname, (int fd, struct sockaddr *address, socklen_t *length), (fd, address, length))
PLAIN(int, -1, getpeername, (int fd, struct sockaddr *address, socklen_t *length), (fd, address, length))
PLAIN(DIR *, NULL, opendir, (const char *path), (path))
PLAIN(int, -1, fstat, (int fd, struct stat *out), (fd, out))
PLAIN(ssize_t, -1, pread, (int fd, void *room, size_t count, off_t offset), (fd, room, count, offset))
PLAIN(int, -1, sigtimedwait, (const sigset_t *set, siginfo_t *info, const struct timespec *left), (set, info, left))

/* What a driver reads and writes and finds out by itself is not the library's: where both are one program. */
static bool is_drivers_file(int fd) { return fd <= STDERR_FILENO; }
static bool is_drivers_path(const char *path) { return strcmp(path, "/dev/null") == 0 || strcmp(path, "/proc/thread-self") == 0; }

ssize_t read(int fd, void *room, size_t count)
{
    int error = is_drivers_file(fd) ? 0 : fault(CALL_read, __builtin_return_address(0));
    REAL(read);
    return error > 0 ? (errno = error, -1) : real(fd, room, count);
}

ssize_t write(int fd, const void *data, size_t count)
{
    int error = is_drivers_file(fd) ? 0 : fault(CALL_write, __builtin_return_address(0));
    REAL(write);
    return error > 0 ? (errno = error, -1) : real(fd, data, count);
}

ssize_t readlink(const char *restrict path, char *restrict room, size_t count)
{
    int error = is_drivers_path(path) ? 0 : fault(CALL_readlink, __builtin_return_address(0));
    REAL(readlink);
    return error > 0 ? (errno = error, -1) : real(path, room, count);
}

int open64(const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    int mode = va_arg(list, int);
    va_end(list);
    int error = is_drivers_path(path) ? 0 : fault(CALL_open64, __builtin_return_address(0));
    REAL(open64);
    return error > 0 ? (errno = error, -1) : real(path, flags, mode);
}

int fcntl(int fd, int command, ...)
{
    va_list list;
    va_start(list, command);
    long argument = va_arg(list, long);
    va_end(list);
    FAIL_OR(-1, fcntl)
    return real(fd, command, argument);
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list list;
    va_start(list, request);
    void *argument = va_arg(list, void *);
    va_end(list);
    FAIL_OR(-1, ioctl)
    return real(fd, request, argument);
}

/* Of what is made by number only this counts: the rest are the locks of the standard library. */
long syscall(long number, ...)
{
    va_list list;
    va_start(list, number);
    long a[6];
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    int error = number == SYS_kcmp ? fault(CALL_kcmp, __builtin_return_address(0)) : 0;
    REAL(syscall);
    return error > 0 ? (errno = error, -1L) : real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Says what is wrong without errno. */
int pthread_create(pthread_t *out, const pthread_attr_t *attributes, void *(*work)(void *), void *argument)
{
    int error = fault(CALL_pthread_create, __builtin_return_address(0));
    REAL(pthread_create);
    return error > 0 ? error : real(out, attributes, work, argument);
}

/* A close that fails has closed (close(2)). */
int close(int fd)
{
    int error = fault(CALL_close, __builtin_return_address(0));
    REAL(close);
    int result = real(fd);
    return error > 0 ? (errno = error, -1) : result;
}

/* Without a connection shutdown(2) says so, and still wakes the threads that wait to receive a datagram. */
int shutdown(int fd, int how)
{
    int error = fault(CALL_shutdown, __builtin_return_address(0));
    REAL(shutdown);
    int result = error > 0 && error != ENOTCONN ? -1 : real(fd, how);
    return error > 0 ? (errno = error, -1) : result;
}

/* Only of a stream a part is a part; a datagram would be cut. */
static size_t cut(int error, int fd, size_t count)
{
    int type = 0;
    socklen_t length = sizeof type;
    static __typeof__(getsockopt) *ask;
    if (error != ONE_BYTE || count == 0)
        return count;
    if (ask == NULL)
        ask = (__typeof__(getsockopt) *)dlsym(RTLD_NEXT, "getsockopt");
    return ask(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM ? 1 : count;
}

ssize_t send(int fd, const void *data, size_t count, int flags)
{
    FAIL_OR(-1, send)
    return real(fd, data, cut(error, fd, count), flags);
}

ssize_t recv(int fd, void *room, size_t count, int flags)
{
    FAIL_OR(-1, recv)
    return real(fd, room, cut(error, fd, count), flags);
}

ssize_t sendfile64(int to, int file, off64_t *offset, size_t count)
{
    FAIL_OR(-1, sendfile64)
    return real(to, file, offset, cut(error, to, count));
}

/* The header with only the first byte of its first piece that has any. */
static struct msghdr first_byte_of(const struct msghdr *message, struct iovec *piece)
{
    struct msghdr cut = *message;
    for (size_t i = 0; i < message->msg_iovlen; i++)
        if (message->msg_iov[i].iov_len > 0) {
            *piece = (struct iovec){message->msg_iov[i].iov_base, 1};
            cut.msg_iov = piece;
            cut.msg_iovlen = 1;
            break;
        }
    return cut;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    struct iovec piece;
    FAIL_OR(-1, sendmsg)
    if (cut(error, fd, 2) == 2)
        return real(fd, message, flags);
    struct msghdr cut = first_byte_of(message, &piece);
    return real(fd, &cut, flags);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    struct iovec piece, *pieces = message->msg_iov;
    size_t count = message->msg_iovlen;
    FAIL_OR(-1, recvmsg)
    if (cut(error, fd, 2) == 2)
        return real(fd, message, flags);
    *message = first_byte_of(message, &piece);
    ssize_t result = real(fd, message, flags);
    message->msg_iov = pieces;
    message->msg_iovlen = count;
    return result;
}

/* Of a batch a part is its first message. */
static unsigned int cut_batch(int error, unsigned int count)
{
    return error == ONE_BYTE && count > 1 ? 1 : count;
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
    FAIL_OR(-1, sendmmsg)
    return real(fd, messages, cut_batch(error, count), flags);
}

int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *limit)
{
    FAIL_OR(-1, recvmmsg)
    return real(fd, messages, cut_batch(error, count), flags, limit);
}

/* Memory. glibc's own entries, since looking for them needs memory itself. */
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t),
    *__libc_memalign(size_t, size_t);

void *malloc(size_t size)
{
    return fault(CALL_allocation, __builtin_return_address(0)) > 0 ? (errno = ENOMEM, NULL) : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fault(CALL_allocation, __builtin_return_address(0)) > 0 ? (errno = ENOMEM, NULL) : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return fault(CALL_allocation, __builtin_return_address(0)) > 0 ? (errno = ENOMEM, NULL) : __libc_realloc(old, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    if (fault(CALL_allocation, __builtin_return_address(0)) > 0)
        return ENOMEM;
    void *made = __libc_memalign(alignment, size);
    if (made == NULL)
        return ENOMEM;
    *out = made;
    return 0;
}

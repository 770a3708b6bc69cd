/* Another library that is preloaded: it wraps calls, as libraries that count, delay or encrypt them do, and counts them. One of
   its functions makes another call of the C library. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static atomic_int sends, receives, closes;

#define NEXT(name, type) ((type)dlsym(RTLD_NEXT, name))

ssize_t send(int fd, const void *data, size_t length, int flags) {
    sends++;
    return NEXT("send", ssize_t(*)(int, const void *, size_t, int))(fd, data, length, flags);
}

ssize_t recv(int fd, void *room, size_t length, int flags) {
    int value;
    socklen_t size = sizeof value;
    receives++;
    getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &size);
    return NEXT("recv", ssize_t(*)(int, void *, size_t, int))(fd, room, length, flags);
}

int close(int fd) {
    closes++;
    return NEXT("close", int (*)(int))(fd);
}

__attribute__((destructor)) static void report(void) {
    if (sends > 0)
        fprintf(stderr, "%d sends, %d receives, %d closes\n", sends, receives, closes);
}

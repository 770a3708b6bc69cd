/* Another library that is preloaded: it counts the calls of send(2). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <sys/socket.h>

static int count;

ssize_t send(int fd, const void *data, size_t length, int flags) {
    ssize_t (*next)(int, const void *, size_t, int) = dlsym(RTLD_NEXT, "send");
    count++;
    return next(fd, data, length, flags);
}

__attribute__((destructor)) static void report(void) {
    if (count > 0)
        fprintf(stderr, "%d sends\n", count);
}

/* What the programs have in common: they print what each call returns, and use connected sockets. */
#ifndef SOCKETS_H
#define SOCKETS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a call has returned, with the name of its error. */
static const char *shown(long result) {
    static _Thread_local char text[64];
    if (result < 0)
        snprintf(text, sizeof text, "%ld %s", result, strerrorname_np(errno));
    else
        snprintf(text, sizeof text, "%ld", result);
    return text;
}

static void show(const char *what, long result) {
    printf("%s: %s\n", what, shown(result));
}

/* A successful call leaves errno alone. */
#define SHOW(call)                                     \
    do {                                               \
        errno = E2BIG;                                 \
        long result_ = (long)(call);                   \
        show(#call, result_);                          \
        if (result_ >= 0 && errno != E2BIG)            \
            printf("%s changed errno\n", #call);       \
    } while (0)

/* A call whose wrong pointer the function itself reads in other C libraries than glibc: there it ends the program. */
#ifdef __GLIBC__
#define SHOW_READ_BY_KERNEL(call) SHOW(call)
#else
#define SHOW_READ_BY_KERNEL(call) ((void)0)
#endif

static int listener(struct sockaddr_in *address) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t length = sizeof *address;
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    bind(fd, (struct sockaddr *)address, length);
    listen(fd, 16);
    getsockname(fd, (struct sockaddr *)address, &length);
    return fd;
}

static void pair_over_tcp(int pair[2]) {
    struct sockaddr_in address;
    int fd = listener(&address);
    pair[0] = socket(AF_INET, SOCK_STREAM, 0);
    connect(pair[0], (struct sockaddr *)&address, sizeof address);
    pair[1] = accept(fd, NULL, NULL);
    close(fd);
}

/* `program WAY` runs the function of this name. */
struct way {
    const char *name;
    void (*run)(void);
};

static char **words;

static int run_way(const struct way *ways, int count, char **arguments) {
    words = arguments;
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    for (; ways->name; ways++)
        if (count > 1 && strcmp(ways->name, arguments[1]) == 0) {
            ways->run();
            fflush(stdout);
            return 0;
        }
    return 2;
}

#endif

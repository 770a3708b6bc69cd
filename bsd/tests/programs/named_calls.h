/* Calls by their names: what one returns, also in a thread. */
#ifndef NAMED_CALLS_H
#define NAMED_CALLS_H

#include "sockets.h"
#include "threads.h"
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

static char room[1 << 16];

struct work {
    pthread_t thread;
    const char *how;
    int fd;
    atomic_int id;
    long result;
    int failure;
    struct sockaddr_in to;
};

static void *run(void *argument) {
    struct work *work = argument;
    struct iovec part = {room, sizeof room};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    struct mmsghdr messages = {message, 0};
    const char *how = work->how;
    errno = 0;
    work->id = syscall(SYS_gettid);
    if (strcmp(how, "recv") == 0)
        work->result = recv(work->fd, room, 100, 0);
    else if (strcmp(how, "recvfrom") == 0)
        work->result = recvfrom(work->fd, room, 100, 0, NULL, NULL);
    else if (strcmp(how, "recvmsg") == 0)
        work->result = recvmsg(work->fd, &message, 0);
    else if (strcmp(how, "read") == 0)
        work->result = read(work->fd, room, 100);
    else if (strcmp(how, "readv") == 0)
        work->result = readv(work->fd, &part, 1);
    else if (strcmp(how, "send") == 0)
        work->result = send(work->fd, room, sizeof room, 0);
    else if (strcmp(how, "write") == 0)
        work->result = write(work->fd, room, sizeof room);
    else if (strcmp(how, "recvmmsg") == 0)
        work->result = recvmmsg(work->fd, &messages, 1, 0, NULL);
    else if (strcmp(how, "sendmmsg") == 0)
        work->result = sendmmsg(work->fd, &messages, 1, 0);
    else if (strcmp(how, "splice") == 0) {
        int pipes[2];
        pipe(pipes);
        work->result = splice(work->fd, NULL, pipes[1], NULL, 100, 0);
        int failure = errno;
        close(pipes[0]);
        close(pipes[1]);
        errno = failure;
    } else if (strcmp(how, "sendfile") == 0) {
        static int file = -1;
        if (file < 0)
            file = open("/proc/self/exe", O_RDONLY);
        off_t begin = 0;
        work->result = sendfile(work->fd, file, &begin, 10000);
    } else if (strcmp(how, "accept") == 0)
        work->result = accept(work->fd, NULL, NULL);
    else if (strcmp(how, "connect") == 0)
        work->result = connect(work->fd, (void *)&work->to, sizeof work->to);
    else
        abort();
    work->failure = errno;
    return NULL;
}

static void fill(int fd) {
    while (send(fd, room, sizeof room, MSG_DONTWAIT) > 0)
        ;
}

static int sends(const char *how) {
    return strncmp(how, "send", 4) == 0 || strcmp(how, "write") == 0;
}

#endif

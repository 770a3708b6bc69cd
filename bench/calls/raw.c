/* The system calls themselves, waiting in the kernel; with a time limit of the kernel's in the second form. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "way.h"

void sure(int holds, const char *what)
{
    if (!holds) {
        perror(what);
        exit(1);
    }
}

int raw_connected(const struct sockaddr_in *to)
{
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    sure(connect(fd, (const struct sockaddr *)to, sizeof *to) == 0, "connect");
    sure(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0, "TCP_NODELAY");
    return fd;
}

int raw_datagrams(struct sockaddr_in *me)
{
    socklen_t length = sizeof *me;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    *me = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    sure(bind(fd, (struct sockaddr *)me, length) == 0, "bind");
    sure(getsockname(fd, (struct sockaddr *)me, &length) == 0, "getsockname");
    return fd;
}

/* A descriptor is passed as a pointer. */
static void *pointer(int fd) { return (void *)(long)fd; }
static int descriptor(void *s) { return (int)(long)s; }

static void *connected(const struct sockaddr_in *to, int timeout_ms)
{
    (void)timeout_ms;
    return pointer(raw_connected(to));
}

static void *adopted(int fd, int timeout_ms)
{
    (void)timeout_ms;
    return pointer(fd);
}

static void *datagrams(struct sockaddr_in *me, int timeout_ms)
{
    (void)timeout_ms;
    return pointer(raw_datagrams(me));
}

static void *limited(int fd, int timeout_ms)
{
    struct timeval limit = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
    if (timeout_ms >= 0) {
        sure(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0, "SO_RCVTIMEO");
        sure(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0, "SO_SNDTIMEO");
    }
    return pointer(fd);
}

static void *connected_with_limit(const struct sockaddr_in *to, int timeout_ms)
{
    return limited(raw_connected(to), timeout_ms);
}

static void *datagrams_with_limit(struct sockaddr_in *me, int timeout_ms)
{
    return limited(raw_datagrams(me), timeout_ms);
}

static void *address(const struct sockaddr_in *to) { return (void *)to; }

static void send_all(void *s, const void *buf, size_t n)
{
    sure(send(descriptor(s), buf, n, MSG_NOSIGNAL) == (ssize_t)n, "send");
}

static void receive(void *s, void *buf, size_t n)
{
    sure(recv(descriptor(s), buf, n, 0) == (ssize_t)n, "recv");
}

static void send_to(void *s, const void *buf, size_t n, const void *to)
{
    sure(sendto(descriptor(s), buf, n, MSG_NOSIGNAL, to, sizeof(struct sockaddr_in)) == (ssize_t)n, "sendto");
}

static void receive_from(void *s, void *buf, size_t n)
{
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    sure(recvfrom(descriptor(s), buf, n, 0, (struct sockaddr *)&from, &length) == (ssize_t)n, "recvfrom");
}

static void end(void *s) { close(descriptor(s)); }

const struct way raw = {"raw", connected, adopted, datagrams, address, send_all, send_all, receive, send_to, receive_from, end};
const struct way raw_with_limit = {"raw, SO_RCVTIMEO", connected_with_limit, limited, datagrams_with_limit, address,
                                   send_all, send_all, receive, send_to, receive_from, end};

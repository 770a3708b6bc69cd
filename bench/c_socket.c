/* Times the same work done with raw system calls and with polysock, in turns:  c_socket ROUNDS
 * or polysock's rows when they are asked for (measure.h):                    c_socket -
 *
 * Prints a line `ROW VARIANT NANOSECONDS` (per operation) for each row, variant and round. The other end is always
 * the same thread of raw blocking calls, so that only one side differs. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <polysock/polysock.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"

enum { SMALL = 64, BIG = 65536, PING_PONGS = 3000, READY = 10000, PIECES = 2000, CONNECTS = 500, TIMEOUT_MS = 5000 };

static unsigned char buf[BIG], peer_buf[BIG];

static int on_request; /* a single result is not printed, but kept here: */
static double requested;

static void report(const char *row, const char *variant, double start, int operations)
{
    requested = (now_ns() - start) / operations;
    if (!on_request)
        printf("%s %s %.1f\n", row, variant, requested);
}

static void read_exactly(int fd, unsigned char *to, size_t n)
{
    while (n > 0) {
        ssize_t got = recv(fd, to, n, 0);
        if (got <= 0)
            exit(1);
        to += got;
        n -= (size_t)got;
    }
}

/* A raw socket in `*a`, or one of polysock in `*s`, and its raw peer in `*b`. */
static void connected(int *a, polysock_t **s, int *b, int with_polysock)
{
    struct sockaddr_in me = {.sin_family = AF_INET};
    socklen_t length = sizeof me;
    int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    me.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(bind(listener, (struct sockaddr *)&me, sizeof me));
    must(listen(listener, 1));
    must(getsockname(listener, (struct sockaddr *)&me, &length));
    if (with_polysock) {
        polysock_addr to;
        must(polysock_addr_from_sockaddr(&to, (struct sockaddr *)&me, sizeof me));
        must(polysock_socket(s, AF_INET, SOCK_STREAM, 0));
        must(polysock_connect(*s, &to, TIMEOUT_MS));
        must(polysock_set_nodelay(*s, true));
    } else {
        *a = socket(AF_INET, SOCK_STREAM, 0);
        must(connect(*a, (struct sockaddr *)&me, sizeof me));
        must(setsockopt(*a, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
    }
    *b = accept(listener, NULL, NULL);
    must(*b);
    must(setsockopt(*b, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
    close(listener);
}

static void *echo_small(void *fd)
{
    for (int i = 0; i < PING_PONGS; i++) {
        read_exactly(*(int *)fd, peer_buf, SMALL);
        must(send(*(int *)fd, peer_buf, SMALL, MSG_NOSIGNAL));
    }
    return NULL;
}

/* This thread, and those it starts, on one processor: whether two threads share one is chance otherwise, and to wake
 * another one can take ten times as long as everything that is measured. Returns where they were before. */
static cpu_set_t on_one_processor(void)
{
    cpu_set_t before, one;
    must(sched_getaffinity(0, sizeof before, &before));
    CPU_ZERO(&one);
    for (int processor = 0; processor < CPU_SETSIZE && CPU_COUNT(&one) == 0; processor++)
        if (CPU_ISSET(processor, &before))
            CPU_SET(processor, &one);
    must(sched_setaffinity(0, sizeof one, &one));
    return before;
}

static void ping_pong(const char *row, int timeout_ms, int with_polysock)
{
    int a, b;
    polysock_t *s;
    pthread_t peer;
    cpu_set_t before = on_one_processor();
    connected(&a, &s, &b, with_polysock);
    must(-pthread_create(&peer, NULL, echo_small, &b));
    double start = now_ns();
    for (int i = 0; i < PING_PONGS; i++) {
        if (with_polysock) {
            must(polysock_send(s, buf, SMALL, 0, timeout_ms));
            must(polysock_recv(s, buf, SMALL, 0, timeout_ms) == SMALL ? 0 : -1);
        } else {
            must(send(a, buf, SMALL, MSG_NOSIGNAL));
            must(recv(a, buf, SMALL, 0) == SMALL ? 0 : -1);
        }
    }
    report(row, with_polysock ? "polysock" : "raw", start, PING_PONGS);
    pthread_join(peer, NULL);
    must(sched_setaffinity(0, sizeof before, &before));
    if (with_polysock)
        polysock_free(s);
    else
        close(a);
    close(b);
}

/* Both ends in one thread: what is sent is there when it is received. */
static void ready(int with_polysock)
{
    int a, b;
    polysock_t *s, *t;
    connected(&a, &s, &b, with_polysock);
    if (with_polysock)
        must(polysock_from_fd(&t, b));
    double start = now_ns();
    for (int i = 0; i < READY; i++) {
        if (with_polysock) {
            must(polysock_send(s, buf, SMALL, 0, TIMEOUT_MS));
            must(polysock_recv(t, buf, SMALL, 0, TIMEOUT_MS) == SMALL ? 0 : -1);
        } else {
            must(send(a, buf, SMALL, MSG_NOSIGNAL));
            must(recv(b, buf, SMALL, 0) == SMALL ? 0 : -1);
        }
    }
    report("ready_64", with_polysock ? "polysock" : "raw", start, READY);
    if (with_polysock) {
        polysock_free(s);
        polysock_free(t);
    } else {
        close(a);
        close(b);
    }
}

static void *swallow(void *fd)
{
    while (recv(*(int *)fd, peer_buf, BIG, 0) > 0)
        ;
    return NULL;
}

static void stream(int with_polysock)
{
    int a, b;
    polysock_t *s;
    pthread_t peer;
    connected(&a, &s, &b, with_polysock);
    must(-pthread_create(&peer, NULL, swallow, &b));
    double start = now_ns();
    for (int i = 0; i < PIECES; i++) {
        if (with_polysock)
            must(polysock_sendall(s, buf, BIG, NULL, TIMEOUT_MS));
        else
            must(send(a, buf, BIG, MSG_NOSIGNAL) == BIG ? 0 : -1);
    }
    if (with_polysock)
        polysock_free(s);
    else
        close(a);
    pthread_join(peer, NULL);
    report("stream_64k", with_polysock ? "polysock" : "raw", start, PIECES);
    close(b);
}

static void connect_accept_raw(void)
{
    struct sockaddr_in me = {.sin_family = AF_INET};
    socklen_t length = sizeof me;
    struct linger reset = {1, 0}; /* no TIME_WAIT, so that ports last */
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    me.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(bind(listener, (struct sockaddr *)&me, sizeof me));
    must(listen(listener, 16));
    must(getsockname(listener, (struct sockaddr *)&me, &length));
    double start = now_ns();
    for (int i = 0; i < CONNECTS; i++) {
        int a = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        must(connect(a, (struct sockaddr *)&me, sizeof me));
        int b = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        must(b);
        must(setsockopt(a, SOL_SOCKET, SO_LINGER, &reset, sizeof reset));
        close(a);
        close(b);
    }
    report("connect_accept", "raw", start, CONNECTS);
    close(listener);
}

static void connect_accept_polysock(void)
{
    polysock_t *listener, *a, *b;
    polysock_addr me;
    must(polysock_create_server(&listener, "127.0.0.1", "0", 16));
    must(polysock_getsockname(listener, &me));
    double start = now_ns();
    for (int i = 0; i < CONNECTS; i++) {
        must(polysock_socket(&a, AF_INET, SOCK_STREAM, 0));
        must(polysock_connect(a, &me, TIMEOUT_MS));
        must(polysock_accept(listener, &b, NULL, TIMEOUT_MS));
        must(polysock_set_linger(a, 0));
        polysock_free(a);
        polysock_free(b);
    }
    report("connect_accept", "polysock", start, CONNECTS);
    polysock_free(listener);
}

static double one_row(const char *row)
{
    on_request = 1;
    requested = -1;
    if (strcmp(row, "ping_pong_64_timeout") == 0)
        ping_pong(row, TIMEOUT_MS, 1);
    else if (strcmp(row, "ping_pong_64") == 0)
        ping_pong(row, POLYSOCK_INFINITE, 1);
    else if (strcmp(row, "ready_64") == 0)
        ready(1);
    else if (strcmp(row, "stream_64k") == 0)
        stream(1);
    else if (strcmp(row, "connect_accept") == 0)
        connect_accept_polysock();
    return requested;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "-") == 0)
        return measure_on_request(one_row);
    int rounds = argc == 2 ? atoi(argv[1]) : 0;
    if (rounds <= 0)
        return 64;
    for (int round = 0; round < rounds; round++) {
        /* The order changes from round to round, so that neither always comes first. */
        for (int turn = 0; turn < 2; turn++) {
            int with_polysock = (round + turn) % 2;
            ping_pong("ping_pong_64_timeout", TIMEOUT_MS, with_polysock);
            ping_pong("ping_pong_64", POLYSOCK_INFINITE, with_polysock);
            ready(with_polysock);
            stream(with_polysock);
            if (with_polysock)
                connect_accept_polysock();
            else
                connect_accept_raw();
        }
        end_round();
    }
    return 0;
}

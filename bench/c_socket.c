/* Times the same work done with raw system calls, with polysock and with other libraries, in turns:  c_socket ROUNDS
 * or polysock's rows when they are asked for (measure.h):                                             c_socket -
 *
 * Prints a line `ROW VARIANT NANOSECONDS` (per operation) for each row, variant and round. The other end is always
 * the same thread of raw blocking calls, so that only one side differs. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <polysock/polysock.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "calls/way.h"
#include "measure.h"

enum { SMALL = 64, BIG = 65536, PING_PONGS = 3000, READY = 10000, PIECES = 2000, CONNECTS = 500, FLOOD = 10000, TIMEOUT_MS = 5000 };

static unsigned char buf[BIG], peer_buf[BIG];

static int on_request; /* a single result is not printed, but kept here: */
static double requested;

static void report(const char *row, const struct way *way, double start, int operations)
{
    requested = (now_ns() - start) / operations;
    if (!on_request)
        printf("%s %s %.1f\n", row, way->name, requested);
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

/* A connection from this way to a raw descriptor in `*peer`. */
static void *connected(const struct way *way, int timeout_ms, int *peer)
{
    struct sockaddr_in me = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof me;
    int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    must(bind(listener, (struct sockaddr *)&me, sizeof me));
    must(listen(listener, 1));
    must(getsockname(listener, (struct sockaddr *)&me, &length));
    void *s = way->connected(&me, timeout_ms);
    *peer = accept(listener, NULL, NULL);
    must(*peer);
    must(setsockopt(*peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
    close(listener);
    return s;
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

static void ping_pong(const char *row, const struct way *way, int timeout_ms)
{
    int peer;
    pthread_t echo;
    cpu_set_t before = on_one_processor();
    void *s = connected(way, timeout_ms, &peer);
    must(-pthread_create(&echo, NULL, echo_small, &peer));
    double start = now_ns();
    for (int i = 0; i < PING_PONGS; i++) {
        way->send(s, buf, SMALL);
        way->recv(s, buf, SMALL);
    }
    report(row, way, start, PING_PONGS);
    pthread_join(echo, NULL);
    must(sched_setaffinity(0, sizeof before, &before));
    way->close(s);
    close(peer);
}

static void ping_pong_with_timeout(const char *row, const struct way *way) { ping_pong(row, way, TIMEOUT_MS); }
static void ping_pong_without(const char *row, const struct way *way) { ping_pong(row, way, -1); }

/* Both ends in one thread: what is sent is there when it is received. */
static void ready(const char *row, const struct way *way)
{
    int peer;
    void *s = connected(way, TIMEOUT_MS, &peer), *t = way->adopted(peer, TIMEOUT_MS);
    double start = now_ns();
    for (int i = 0; i < READY; i++) {
        way->send(s, buf, SMALL);
        way->recv(t, buf, SMALL);
    }
    report(row, way, start, READY);
    way->close(s);
    way->close(t);
}

static void *swallow(void *fd)
{
    while (recv(*(int *)fd, peer_buf, BIG, 0) > 0)
        ;
    return NULL;
}

static void stream(const char *row, const struct way *way)
{
    int peer;
    pthread_t reader;
    void *s = connected(way, TIMEOUT_MS, &peer);
    must(-pthread_create(&reader, NULL, swallow, &peer));
    double start = now_ns();
    for (int i = 0; i < PIECES; i++)
        way->sendall(s, buf, BIG);
    way->close(s);
    pthread_join(reader, NULL);
    report(row, way, start, PIECES);
    close(peer);
}

/* Both sockets in one thread, with the sender's address. */
static void datagrams(const char *row, const struct way *way)
{
    struct sockaddr_in from, to;
    void *s = way->datagrams(&from, TIMEOUT_MS), *t = way->datagrams(&to, TIMEOUT_MS), *address = way->address(&to);
    double start = now_ns();
    for (int i = 0; i < READY; i++) {
        way->sendto(s, buf, SMALL, address);
        way->recvfrom(t, buf, SMALL);
    }
    report(row, way, start, READY);
    way->close(s);
    way->close(t);
}

struct flood {
    struct sockaddr_in to;
    atomic_bool over;
};

static void *flood_with_datagrams(void *argument)
{
    struct flood *flood = argument;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    while (!flood->over)
        must(sendto(fd, peer_buf, SMALL, 0, (struct sockaddr *)&flood->to, sizeof flood->to));
    close(fd);
    return NULL;
}

/* Another thread sends as fast as it can; what finds no room is lost. Both on one processor: see on_one_processor(). */
static void flooded(const char *row, const struct way *way)
{
    struct flood flood = {.over = false};
    pthread_t sender;
    cpu_set_t before = on_one_processor();
    void *s = way->datagrams(&flood.to, TIMEOUT_MS);
    must(-pthread_create(&sender, NULL, flood_with_datagrams, &flood));
    way->recvfrom(s, buf, SMALL);
    double start = now_ns();
    for (int i = 0; i < FLOOD; i++)
        way->recvfrom(s, buf, SMALL);
    report(row, way, start, FLOOD);
    flood.over = true;
    pthread_join(sender, NULL);
    must(sched_setaffinity(0, sizeof before, &before));
    way->close(s);
}

static void connect_accept_raw(const char *row)
{
    struct sockaddr_in me = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof me;
    struct linger reset = {1, 0}; /* no TIME_WAIT, so that ports last */
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
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
    report(row, &raw, start, CONNECTS);
    close(listener);
}

static void connect_accept_polysock(const char *row)
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
    report(row, &with_polysock, start, CONNECTS);
    polysock_free(listener);
}

static void connect_accept(const char *row, const struct way *way)
{
    if (way == &raw)
        connect_accept_raw(row);
    else if (way == &with_polysock)
        connect_accept_polysock(row);
}

static const struct {
    const char *name;
    void (*run)(const char *row, const struct way *way);
} rows[] = {
    {"ping_pong_64_timeout", ping_pong_with_timeout}, {"ping_pong_64", ping_pong_without}, {"ready_64", ready},
    {"stream_64k", stream}, {"datagrams_64", datagrams}, {"datagram_flood", flooded}, {"connect_accept", connect_accept},
};

static const struct way *const ways[] = {
    &raw, &raw_with_limit, &with_polysock,
#ifdef WITH_APR
    &with_apr,
#endif
#ifdef WITH_NSPR
    &with_nspr,
#endif
#ifdef WITH_GIO
    &with_gio,
#endif
};

enum { ROWS = sizeof rows / sizeof *rows, WAYS = sizeof ways / sizeof *ways };

static double one_row(const char *name)
{
    on_request = 1;
    requested = -1;
    for (int row = 0; row < ROWS; row++)
        if (strcmp(rows[row].name, name) == 0)
            rows[row].run(name, &with_polysock);
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
        /* Every way is timed right after raw in one round and right before it in the next. */
        for (int row = 0; row < ROWS; row++)
            for (int turn = 0; turn < WAYS; turn++)
                rows[row].run(rows[row].name, ways[round % 2 ? WAYS - 1 - turn : turn]);
        end_round();
    }
    return 0;
}

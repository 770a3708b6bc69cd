/* What one more of something costs when there are many:  growth THING VARIANT COUNT
 *
 *     THING    connection     accepted and idle
 *              registration   an idle socket in an epoll set or a polysock_poller
 *              thread         waiting in a receive with a timeout
 *     VARIANT  raw or polysock
 *
 * Prints the bytes of memory of this process that each takes, the nanoseconds that making one takes, and those of one
 * use beside them all: a transfer on another connection, a wait that finds one of them ready, an answer from one of the
 * threads. The bytes are what malloc has given out; for threads, what is resident. Kernel memory is not counted. Ends
 * with 3 if a limit of the system does not allow that many. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <malloc.h>
#include <polysock/polysock.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <signal.h>
#include <unistd.h>

#include "measure.h"

enum { TIMEOUT_MS = 600000, USES = 2000, ANSWERS = 300, CHUNK = 100, PER_PORT = 20000, LIMITED = 3, STACK = 65536 };

/* One end, which is measured: a descriptor, or a socket of polysock. */
typedef struct {
    int fd;
    polysock_t *s;
} end;

static bool with_polysock;
static int count;

static void within_limits(long result)
{
    if (result >= 0)
        return;
    if (result == POLYSOCK_EMFILE || result == POLYSOCK_EAGAIN || errno == EMFILE || errno == ENFILE || errno == EAGAIN)
        exit(LIMITED);
    must(result);
}

static void *zeroed(size_t each)
{
    void *all = calloc((size_t)count, each);
    if (all == NULL)
        exit(LIMITED);
    return all;
}

static double given_out(void)
{
    struct mallinfo2 info = mallinfo2();
    return (double)info.uordblks + (double)info.hblkhd;
}

static double resident(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%*d %ld", &pages) != 1)
        exit(1);
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void report(double bytes, double make_ns, double use_ns)
{
    printf("%.1f %.1f %.1f\n", bytes > 0 ? bytes / count : 0, make_ns / count, use_ns);
}

static end adopted(int fd)
{
    end e = {.fd = fd};
    if (with_polysock)
        within_limits(polysock_from_fd(&e.s, fd));
    return e;
}

static void pair_of(int type, end *ours, int *peer)
{
    int fds[2];
    within_limits(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds));
    *ours = adopted(fds[0]);
    *peer = fds[1];
}

static void send_byte(int fd)
{
    must(send(fd, "x", 1, MSG_NOSIGNAL) == 1 ? 0 : -1);
}

static void receive_byte(end *e)
{
    char byte;
    if (with_polysock)
        must(polysock_recv(e->s, &byte, 1, 0, TIMEOUT_MS) == 1 ? 0 : -1);
    else
        must(recv(e->fd, &byte, 1, 0) == 1 ? 0 : -1);
}

/* ------------------------------------------------------------------------------------------------ connections */

static struct sockaddr_in listening_on(int *listener)
{
    struct sockaddr_in me = {.sin_family = AF_INET};
    socklen_t length = sizeof me;
    me.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    within_limits(*listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    must(bind(*listener, (struct sockaddr *)&me, sizeof me));
    must(listen(*listener, CHUNK));
    must(getsockname(*listener, (struct sockaddr *)&me, &length));
    return me;
}

/* The process of the peers, which has a limit for itself: connects as many as it is asked to. */
static void connect_on_request(int requests)
{
    struct sockaddr_in to;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (recv(requests, &to, sizeof to, 0) == sizeof to) {
        for (int i = 0; i < CHUNK; i++) {
            int fd = socket(AF_INET, SOCK_STREAM, 0);
            if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
                _exit(LIMITED);
        }
        send_byte(requests);
    }
    pause();
}

static void accept_one(end *listener, end *e)
{
    if (with_polysock)
        within_limits(polysock_accept(listener->s, &e->s, NULL, TIMEOUT_MS));
    else
        within_limits(e->fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC));
}

static void connections(void)
{
    int requests[2], listener = -1, peer;
    char answer;
    end *ends = zeroed(sizeof *ends), other, on = {.fd = -1};
    struct sockaddr_in me = {0};
    must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, requests));
    if (fork() == 0) {
        close(requests[0]);
        connect_on_request(requests[1]);
    }
    close(requests[1]);
    pair_of(SOCK_STREAM, &other, &peer);
    double passed = 0, bytes = given_out();
    for (int made = 0; made < count;) {
        if (made % PER_PORT == 0) {
            me = listening_on(&listener);
            on = adopted(listener);
        }
        must(send(requests[0], &me, sizeof me, MSG_NOSIGNAL));
        if (recv(requests[0], &answer, 1, 0) != 1)
            exit(LIMITED);
        int until = made + CHUNK < count ? made + CHUNK : count;
        double start = now_ns();
        for (; made < until; made++)
            accept_one(&on, &ends[made]);
        passed += now_ns() - start;
    }
    bytes = given_out() - bytes;
    double start = now_ns();
    for (int i = 0; i < USES; i++) {
        send_byte(peer);
        receive_byte(&other);
    }
    report(bytes, passed, (now_ns() - start) / USES);
}

/* ------------------------------------------------------------------------------------------------ registrations */

static void registrations(void)
{
    end *ends = zeroed(sizeof *ends), ready;
    int peer, epoll = epoll_create1(EPOLL_CLOEXEC);
    polysock_poller *poller = NULL;
    within_limits(polysock_poller_new(&poller));
    for (int i = 0; i < count; i++) {
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        within_limits(fd);
        ends[i] = adopted(fd);
    }
    pair_of(SOCK_DGRAM, &ready, &peer);
    double bytes = given_out(), start = now_ns();
    for (int i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)i};
        if (with_polysock)
            within_limits(polysock_poller_add(poller, ends[i].s, (uint64_t)i, POLYSOCK_POLLIN, POLYSOCK_POLL_LEVEL));
        else
            must(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[i].fd, &event));
    }
    double passed = now_ns() - start;
    bytes = given_out() - bytes;
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)count};
    if (with_polysock)
        must(polysock_poller_add(poller, ready.s, (uint64_t)count, POLYSOCK_POLLIN, POLYSOCK_POLL_LEVEL));
    else
        must(epoll_ctl(epoll, EPOLL_CTL_ADD, ready.fd, &event));
    send_byte(peer);
    start = now_ns();
    for (int i = 0; i < USES; i++) {
        struct epoll_event events[64];
        polysock_event found[64];
        if (with_polysock)
            must(polysock_poller_wait(poller, found, 64, TIMEOUT_MS) == 1 ? 0 : -1);
        else
            must(epoll_wait(epoll, events, 64, TIMEOUT_MS) == 1 ? 0 : -1);
    }
    report(bytes, passed, (now_ns() - start) / USES);
}

/* ------------------------------------------------------------------------------------------------ threads */

static void *answer(void *argument)
{
    end *e = argument;
    for (;;) {
        receive_byte(e);
        if (with_polysock)
            must(polysock_send(e->s, "x", 1, 0, TIMEOUT_MS));
        else
            send_byte(e->fd);
    }
    return NULL;
}

static void ask(int peer)
{
    char byte;
    send_byte(peer);
    must(recv(peer, &byte, 1, 0) == 1 ? 0 : -1);
}

static void threads(void)
{
    struct timeval limit = {.tv_sec = TIMEOUT_MS / 1000};
    end *ends = zeroed(sizeof *ends);
    int *peers = zeroed(sizeof *peers);
    cpu_set_t one;
    pthread_attr_t small;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    must(sched_setaffinity(0, sizeof one, &one)); /* whether two threads share a processor would be chance */
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK);
    for (int i = 0; i < count; i++) {
        pair_of(SOCK_STREAM, &ends[i], &peers[i]);
        if (!with_polysock)
            must(setsockopt(ends[i].fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
    }
    double bytes = resident(), start = now_ns();
    for (int i = 0; i < count; i++) {
        pthread_t thread;
        within_limits(-pthread_create(&thread, &small, answer, &ends[i]));
    }
    double passed = now_ns() - start;
    for (int i = 0; i < count; i++)
        ask(peers[i]); /* all of them wait now, or will soon */
    bytes = resident() - bytes;
    start = now_ns();
    for (int i = 0; i < ANSWERS; i++)
        ask(peers[i * 7919L % count]);
    report(bytes, passed, (now_ns() - start) / ANSWERS);
    exit(0); /* not before the threads have ended, which they never do */
}

int main(int argc, char **argv)
{
    struct rlimit limit;
    if (argc != 4 || (count = atoi(argv[3])) <= 0)
        return 64;
    with_polysock = strcmp(argv[2], "polysock") == 0;
    must(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = limit.rlim_max;
    must(setrlimit(RLIMIT_NOFILE, &limit));
    mallopt(M_ARENA_MAX, 1); /* mallinfo2 reports only one */
    if (strcmp(argv[1], "connection") == 0)
        connections();
    else if (strcmp(argv[1], "registration") == 0)
        registrations();
    else if (strcmp(argv[1], "thread") == 0)
        threads();
    else
        return 64;
    return 0;
}

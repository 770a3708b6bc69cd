/* What the promises must leave as the system has it, and the narrow ways past them: `elsewhere WHICH`. */
#define _GNU_SOURCE
#include "sockets.h"
#include "threads.h"
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

static void limit(int fd, int option) {
    struct timeval limit = {.tv_sec = 20};
    setsockopt(fd, SOL_SOCKET, option, &limit, sizeof limit);
}

/* A writev of nothing sends no datagram; a write of nothing sends an empty one. */
static void nothing(void) {
    int pair[2];
    char room[8];
    struct iovec parts[2] = {{"", 0}, {"", 0}};
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    show("writev of empty parts", writev(pair[0], parts, 2));
    show("writev of no parts", writev(pair[0], parts, 0));
    show("there", recv(pair[1], room, sizeof room, MSG_DONTWAIT));
    show("write", write(pair[0], "", 0));
    show("there", recv(pair[1], room, sizeof room, MSG_DONTWAIT));
}

/* A socket that can't accept fails at once, although it has a time limit. */
static void accepts(void) {
    int datagrams = socket(AF_INET, SOCK_DGRAM, 0), pair[2];
    limit(datagrams, SO_RCVTIMEO);
    show("of datagrams", accept(datagrams, NULL, NULL));
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    limit(pair[0], SO_RCVTIMEO);
    show("connected", accept4(pair[0], NULL, NULL, SOCK_CLOEXEC));
}

/* A send that connects waits for the connection. */
static void fast_open(void) {
    struct sockaddr_in address;
    int server = listener(&address), on = 1;
    char room[8];
    int client = socket(AF_INET, SOCK_STREAM, 0);
    limit(client, SO_SNDTIMEO);
    show("sendto", sendto(client, "hello", 5, MSG_FASTOPEN, (void *)&address, sizeof address));
    show("recv", recv(accept(server, NULL, NULL), room, sizeof room, 0));
    client = socket(AF_INET, SOCK_STREAM, 0);
    limit(client, SO_SNDTIMEO);
    if (setsockopt(client, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof on) < 0)
        return;
    show("connect", connect(client, (void *)&address, sizeof address));
    show("send", send(client, "hello", 5, 0));
    show("recv", recv(accept(server, NULL, NULL), room, sizeof room, 0));
}

/* A receive waits for as many bytes as the program has asked for, also with a time limit. */
static void low_water_mark(void) {
    struct sockaddr_in address;
    int server = listener(&address), client = socket(AF_INET, SOCK_STREAM, 0), mark = 10;
    connect(client, (void *)&address, sizeof address);
    int fd = accept(server, NULL, NULL);
    char room[32];
    limit(fd, SO_RCVTIMEO);
    setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof mark);
    send(client, "abc", 3, 0);
    char parent[64];
    snprintf(parent, sizeof parent, "/proc/%d/stat", getpid());
    if (fork() == 0) {
        while (!sleeps(parent))
            usleep(1000);
        send(client, "defghijkl", 9, 0);
        _exit(0);
    }
    show("recv", recv(fd, room, sizeof room, 0));
    wait(NULL);
}

/* A send to a Unix socket whose queue is full sleeps, also with a time limit. */
static void full_queue(void) {
    int receiver = socket(AF_UNIX, SOCK_DGRAM, 0), sent = 1;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t length = sizeof address;
    bind(receiver, (void *)&address, sizeof(sa_family_t)); /* to an address that the system chooses */
    getsockname(receiver, (void *)&address, &length);
    while (sent == 1) {
        int other = socket(AF_UNIX, SOCK_DGRAM, 0);
        for (int count = 0; count < 20 && sent == 1; count++)
            sent = sendto(other, "x", 1, MSG_DONTWAIT, (void *)&address, length);
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    struct timeval limit = {.tv_sec = 1};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    clock_t before = clock();
    show("sendto", sendto(fd, "x", 1, 0, (void *)&address, length));
    printf("sleeps: %d\n", clock() - before < CLOCKS_PER_SEC / 10);
}

static void *receive_all(void *argument) {
    static char data[1 << 16];
    while (recv(*(int *)argument, data, sizeof data, 0) > 0)
        ;
    return NULL;
}

/* The kernel counts the sends, and reports the numbers of those whose memory may be used again. */
static void zero_copy(void) {
    enum { LARGE = 1 << 24 };
    struct sockaddr_in address;
    int fd = listener(&address), client = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    char room[256];
    pthread_t thread;
    connect(client, (void *)&address, sizeof address);
    int server = accept(fd, NULL, NULL);
    setsockopt(client, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof on);
    limit(client, SO_SNDTIMEO);
    pthread_create(&thread, NULL, receive_all, &server);
    show("send", send(client, calloc(1, LARGE), LARGE, MSG_ZEROCOPY));
    shutdown(client, SHUT_WR);
    pthread_join(thread, NULL);
    struct pollfd entry = {client, 0, 0};
    unsigned last = 0;
    for (int patience = 5000; poll(&entry, 1, patience) > 0; patience = 200) {
        struct msghdr message = {.msg_control = room, .msg_controllen = sizeof room};
        if (recvmsg(client, &message, MSG_ERRQUEUE) < 0)
            break;
        struct sock_extended_err *report = (void *)CMSG_DATA(CMSG_FIRSTHDR(&message));
        last = report->ee_data;
    }
    printf("the last send: %u\n", last);
}

/* ------------------------------------------------------------ several messages */

static struct mmsghdr messages[5];
static char received[5][8];

static void receive_batch(int fd, unsigned count, int flags, const struct timespec *given) {
    static struct iovec parts[5];
    struct timespec time;
    struct timespec *timeout = given ? &time : NULL;
    if (given)
        time = *given;
    memset(received, 0, sizeof received);
    for (int number = 0; number < 5; number++) {
        parts[number] = (struct iovec){received[number], sizeof received[number] - 1};
        messages[number].msg_hdr = (struct msghdr){.msg_iov = &parts[number], .msg_iovlen = 1};
    }
    long long began = now_us();
    int result = recvmmsg(fd, messages, count, flags, timeout);
    long long took = now_us() - began;
    show("recvmmsg", result);
    for (int number = 0; number < result; number++)
        printf(" %s", received[number]);
    printf(" after %s", took < 50000 ? "nothing" : took < 1000000 ? "some time" : "a long time");
    if (given)
        printf(", left: %s", time.tv_sec == 0 && time.tv_nsec == 0                      ? "nothing"
                             : time.tv_sec == given->tv_sec && time.tv_nsec == given->tv_nsec ? "all"
                                                                                              : "some");
    printf("\n");
}

static void *send_later(void *argument) {
    usleep(150000);
    send(*(int *)argument, "late", 4, 0);
    return NULL;
}

static void batches(void) {
    static const struct timespec none = {0, 0}, bad = {0, -1}, negative = {-1, 0}, short_time = {0, 60000000},
                                 long_time = {100, 0};
    int pair[2];
    pthread_t thread;
    struct timeval limit = {0, 400000};
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
#define SEND(count)                     \
    for (int sent = 0; sent < count; sent++) \
    send(pair[1], &"onetwothr"[3 * sent], 3, 0)
    receive_batch(pair[0], 0, 0, NULL);
    receive_batch(pair[0], 5, MSG_DONTWAIT, NULL);
    receive_batch(pair[0], 5, 0, &bad);
    receive_batch(pair[0], 5, 0, &negative);
#if __SIZEOF_POINTER__ == 8 /* otherwise glibc itself reads the time, and would crash */
    show("bad address", recvmmsg(pair[0], messages, 5, 0, (void *)8));
#endif
    SEND(3);
    receive_batch(pair[0], 2, 0, NULL);
    receive_batch(pair[0], 5, 0, NULL);
    SEND(3);
    receive_batch(pair[0], 5, MSG_WAITFORONE, NULL);
    SEND(3);
    receive_batch(pair[0], 5, 0, &none);
    receive_batch(pair[0], 5, MSG_DONTWAIT, &long_time);
    /* A time is looked at after each message only. */
    pthread_create(&thread, NULL, send_later, &pair[1]);
    receive_batch(pair[0], 5, 0, &short_time);
    pthread_join(thread, NULL);
    pthread_create(&thread, NULL, send_later, &pair[1]);
    receive_batch(pair[0], 1, 0, &long_time);
    pthread_join(thread, NULL);
    receive_batch(pair[0], 5, 0, &short_time);
    SEND(1);
    receive_batch(pair[0], 5, 0, &long_time);
    /* A peek receives the same again and again. */
    SEND(1);
    receive_batch(pair[0], 3, MSG_PEEK, NULL);
}

static void wrong_flags(void) {
    struct sockaddr_in address;
    int fd = listener(&address);
    struct timeval limit = {20, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    long long began = now_us();
    show("accept4", accept4(fd, NULL, NULL, 1));
    printf("at once: %d\n", now_us() - began < 10000000);
}

/* What a child of vfork(2) does with a number, or gives up, changes nothing of its parent's. */
static void vforked(void) {
    char byte;
    struct sock_filter all[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog filter = {1, all};
    int file = open("/dev/null", O_RDWR), pair[2];
    read(file, &byte, 1);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    if (vfork() == 0) {
        dup2(file, pair[0]);
        write(pair[0], "x", 1);
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
        _exit(0);
    }
    wait(NULL);
    close(pair[1]);
    show("write", send(pair[0], "x", 1, MSG_NOSIGNAL));
    show("write", write(pair[0], "x", 1));
}

/* Threads that begin calls all the time, while the socket is closed: at any moment, a close ends them. */
enum { LOOPS = 2, SOME_US = 3000000, PATIENCE_US = 20000000 };
static atomic_int current = -1, entering = -1, over, calls[LOOPS];

/* Some microseconds at most, so that calls and closes begin in every order. */
static void spin(int number) {
    for (volatile int left = number % 3000; left > 0; left--)
        ;
}

static void *receive_all_the_time(void *argument) {
    atomic_int *made = argument;
    char byte;
    while (!over) {
        int fd = current;
        if (fd >= 0) {
            entering = fd;
            spin(*made * 53);
            recv(fd, &byte, 1, 0);
        } else
            sched_yield();
        ++*made;
    }
    return NULL;
}

static void at_any_moment(void) {
    pthread_t threads[LOOPS];
    int stuck = 0;
    long long end = now_us() + SOME_US;
    for (int at = 0; at < LOOPS; at++)
        pthread_create(&threads[at], NULL, receive_all_the_time, &calls[at]);
    for (int round = 0; now_us() < end && !stuck; round++) {
        int pair[2];
        socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
        /* A call that finds nothing waits. */
        send(pair[1], "ab", round % 3, 0);
        entering = -1;
        current = pair[0];
        for (int tries = 1; entering < 0; tries++)
            if (tries % 10000 == 0)
                sched_yield();
        spin(round * 37);
        close(pair[0]);
        current = -1;
        for (int at = 0; at < LOOPS; at++) {
            int made = calls[at];
            for (long long since = now_us(); calls[at] == made && !stuck;)
                stuck = now_us() - since > PATIENCE_US;
        }
        if (stuck)
            shutdown(pair[1], SHUT_RDWR);
        close(pair[1]);
    }
    over = 1;
    printf("stuck: %d\n", stuck);
    fflush(stdout);
    _exit(0);
}

static const struct way ways[] = {
    {"nothing", nothing},
    {"accepts", accepts},
    {"fast-open", fast_open},
    {"low-water-mark", low_water_mark},
    {"full-queue", full_queue},
    {"batches", batches},
    {"wrong-flags", wrong_flags},
    {"zero-copy", zero_copy},
    {"vforked", vforked},
    {"at-any-moment", at_any_moment},
    {NULL, NULL},
};

int main(int count, char **arguments) {
    return run_way(ways, count, arguments);
}

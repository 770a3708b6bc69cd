/* Time limits of sockets: `limits WAY [HOW]`. Without the promise some show the trap. */
#define _GNU_SOURCE
#include "named_calls.h"
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/time.h>
#include <sys/wait.h>

static void set_limit(int fd, int option, int ms) {
    struct timeval limit = {ms / 1000, ms % 1000 * 1000};
    setsockopt(fd, SOL_SOCKET, option, &limit, sizeof limit);
}

/* How many of 40 calls end early, and how the last ends. */
static void never_early(void) {
    const char *how = words[2];
    struct work work = {.how = how};
    struct sockaddr_in address;
    int pair[2], early = 0;
    if (sends(how))
        socketpair(AF_UNIX, strcmp(how, "sendmmsg") == 0 ? SOCK_DGRAM : SOCK_STREAM, 0, pair);
    else
        pair_over_tcp(pair);
    work.fd = strcmp(how, "accept") == 0 ? listener(&address) : pair[0];
    set_limit(work.fd, SO_RCVTIMEO, 13);
    if (sends(how)) {
        set_limit(work.fd, SO_SNDTIMEO, 13);
        fill(work.fd);
    }
    for (int round = 0; round < 40; round++) {
        usleep(round * 97 % 1000);
        long long began = now_us();
        run(&work);
        if (now_us() - began < 13000)
            early++;
    }
    errno = work.failure;
    printf("early: %s, %s\n", early ? "some" : "none", shown(work.result));
}

static void *take_a_little(void *argument) {
    int fd = *(int *)argument;
    char *bytes = malloc(1 << 18);
    for (int round = 0; round < 50; round++) {
        usleep(60000);
        long length = recv(fd, bytes, 1 << 18, MSG_DONTWAIT);
        if (length == 0 || (length < 0 && errno != EAGAIN)) /* the sender may be late */
            break;
    }
    shutdown(fd, SHUT_RDWR);
    return NULL;
}

static void *send_a_little(void *argument) {
    int fd = *(int *)argument;
    for (int round = 0; round < 50; round++) {
        usleep(60000);
        if (send(fd, "x", 1, MSG_NOSIGNAL) < 0)
            break;
    }
    return NULL;
}

static long move_by(const char *how, int fd, size_t large) {
    enum { SEND_LIMIT_OF_64_BITS = 67 }; /* SO_SNDTIMEO_NEW */
    int64_t wide[2] = {0, 500000};
    static struct mmsghdr messages[60];
    struct iovec part = {room, sizeof room};
    if (strcmp(how, "wide") == 0)
        setsockopt(fd, SOL_SOCKET, SEND_LIMIT_OF_64_BITS, wide, sizeof wide);
    else
        set_limit(fd, strcmp(how, "recvmmsg") == 0 ? SO_RCVTIMEO : SO_SNDTIMEO, 500);
    if (strcmp(how, "recvmmsg") == 0) {
        for (int number = 0; number < 60; number++)
            messages[number].msg_hdr = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
        return recvmmsg(fd, messages, 60, 0, NULL);
    }
    if (strcmp(how, "sendfile") == 0) {
        FILE *file = tmpfile();
        ftruncate(fileno(file), large);
        long sent = sendfile(fd, fileno(file), NULL, large);
        printf("the file stands where the data end: %d\n", lseek(fileno(file), 0, SEEK_CUR) == sent);
        return sent;
    }
    if (strcmp(how, "sendfile-offset") == 0) {
        FILE *file = tmpfile();
        off_t offset = 7;
        ftruncate(fileno(file), large);
        long sent = sendfile(fd, fileno(file), &offset, large);
        printf("the offset is where the data end: %d\n", offset == 7 + sent);
        return sent;
    }
    return send(fd, calloc(1, large), large, MSG_NOSIGNAL);
}

/* A call that moves data in pieces, each of which the kernel gives the whole time. `wide`: the limit is set as one of 64 bits. */
static void one_limit_for_all(void) {
    const char *how = words[2];
    int pair[2], receives = strcmp(how, "recvmmsg") == 0;
    pthread_t thread;
    long large = receives ? 60 : 1 << 24;
    socketpair(AF_UNIX, receives ? SOCK_DGRAM : SOCK_STREAM, 0, pair);
    signal(SIGPIPE, SIG_IGN); /* without a limit, the call goes on until the reader ends, maybe in the middle of a piece */
    pthread_create(&thread, NULL, receives ? send_a_little : take_a_little, &pair[1]);
    long long began = now_us();
    long moved = move_by(how, pair[0], large);
    long long took = now_us() - began;
    printf("early %d, a part %d, %s\n", took < 500000, moved > 0 && moved < large,
           took < 2000000 ? "in time" : "far too late");
    close(pair[receives ? 0 : 1]);
    pthread_join(thread, NULL);
}

static volatile sig_atomic_t signals;

static void count(int number) {
    (void)number;
    signals++;
}

/* Whatever SA_RESTART says, a signal ends a call with a limit (signal(7)); one without is started again. */
static void signals_in_limits(void) {
    int pair[2];
    struct itimerval timer = {{0, 0}, {0, 20000}};
    pair_over_tcp(pair);
    for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
        struct sigaction action = {.sa_handler = count, .sa_flags = flags};
        sigaction(SIGALRM, &action, NULL);
        for (int limited = 0; limited < 2; limited++) {
            struct work work = {.how = "recv", .fd = pair[0]};
            set_limit(pair[0], SO_RCVTIMEO, limited ? 3000 : 0);
            signals = 0;
            setitimer(ITIMER_REAL, &timer, NULL);
            if (flags && !limited && fork() == 0) {
                usleep(100000);
                write(pair[1], "late", 4);
                _exit(0);
            }
            run(&work);
            errno = work.failure;
            printf("restart %d, limit %d: %s, %d signals\n", flags != 0, limited, shown(work.result), signals);
            while (waitpid(-1, NULL, WNOHANG) > 0)
                ;
        }
    }
}

static void data_in_time(void) {
    int pair[2];
    pair_over_tcp(pair);
    set_limit(pair[0], SO_RCVTIMEO, 5000);
    if (fork() == 0) {
        for (int part = 0; part < 3; part++) {
            usleep(20000);
            write(pair[1], "abcdef", 6);
        }
        _exit(0);
    }
    printf("all: %s\n", shown(recv(pair[0], room, 15, MSG_WAITALL)));
    printf("rest: %s\n", shown(read(pair[0], room, 15)));
    close(pair[1]);
    printf("end: %s\n", shown(recv(pair[0], room, 15, MSG_WAITALL)));
    wait(NULL);
}

struct sampled {
    char path[64];
    int asleep;
};

/* Checks every two milliseconds whether a thread sleeps. */
static void *watch(void *argument) {
    struct sampled *thread = argument;
    for (int round = 0; round < 100; round++) {
        char line[512] = "", *name_ends;
        int file = open(thread->path, O_RDONLY);
        read(file, line, sizeof line - 1);
        close(file);
        name_ends = strrchr(line, ')');
        thread->asleep += name_ends && name_ends[2] == 'S';
        usleep(2000);
    }
    return NULL;
}

/* A call waits on a socket with reports in its error queue, which poll(2) always reports as ready. */
static void beside_reports(void) {
    enum { ZERO_COPY = 60, COPY_NOTHING = 0x4000000 };
    const char *how = words[2];
    struct work work = {.how = how};
    struct sampled thread = {.asleep = 0};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct pollfd entry = {.events = 0};
    pthread_t watching;
    int pair[2], on = 1;
    if (sends(how)) {
        pair_over_tcp(pair);
        work.fd = pair[0];
        setsockopt(work.fd, SOL_SOCKET, ZERO_COPY, &on, sizeof on);
        send(work.fd, room, 1, COPY_NOTHING);
        for (int round = 0; round < 5; round++) { /* the system makes more room for a while */
            fill(work.fd);
            usleep(20000);
        }
    } else {
        socklen_t size = sizeof address;
        int other = socket(AF_INET, SOCK_DGRAM, 0);
        bind(other, (struct sockaddr *)&address, sizeof address);
        getsockname(other, (struct sockaddr *)&address, &size);
        close(other);
        work.fd = socket(AF_INET, SOCK_DGRAM, 0);
        setsockopt(work.fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
        sendto(work.fd, "x", 1, 0, (struct sockaddr *)&address, size);
    }
    entry.fd = work.fd;
    poll(&entry, 1, 10000);
    getsockopt(work.fd, SOL_SOCKET, SO_ERROR, &(int){0}, &(socklen_t){sizeof(int)});
    set_limit(work.fd, sends(how) ? SO_SNDTIMEO : SO_RCVTIMEO, 400);
    snprintf(thread.path, sizeof thread.path, "/proc/self/task/%d/stat", gettid());
    pthread_create(&watching, NULL, watch, &thread);
    run(&work);
    pthread_join(watching, NULL);
    errno = work.failure;
    /* There may be room for a part of what it sends. */
    printf("%s, asleep: %s\n", sends(how) ? "over" : shown(work.result), thread.asleep > 10 ? "yes" : "no");
}

static const struct way ways[] = {
    {"never-early", never_early},
    {"one-limit", one_limit_for_all},
    {"signals-in-limits", signals_in_limits},
    {"data-in-time", data_in_time},
    {"beside-reports", beside_reports},
    {NULL, NULL},
};

int main(int count, char **arguments) {
    return run_way(ways, count, arguments);
}

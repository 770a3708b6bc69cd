/* What the layer promises: `promises WAY [HOW]`. Without the promise each shows the trap. */
#define _GNU_SOURCE
#include "sockets.h"
#include "threads.h"
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>

enum { THREADS = 3, PATIENCE_MS = 300 };

static char room[1 << 16];

static const char *shown(long result) {
    static _Thread_local char text[64];
    if (result < 0)
        snprintf(text, sizeof text, "-1 %s", strerrorname_np(errno));
    else
        snprintf(text, sizeof text, "%ld", result);
    return text;
}

/* With the lowest numbers, so that the next file gets the one that is closed. */
static void low_pair_over_tcp(int pair[2]) {
    struct sockaddr_in address;
    int low = listener(&address), fd = fcntl(low, F_DUPFD, 300);
    close(low);
    pair[0] = socket(AF_INET, SOCK_STREAM, 0);
    connect(pair[0], (void *)&address, sizeof address);
    pair[1] = accept(fd, NULL, NULL);
    close(fd);
}

static void on_signal(int number, void (*handler)(int), int flags) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigaction(number, &action, NULL);
}

/* ------------------------------------------------------------ sends to a peer that has gone */

static long send_by(const char *how, int fd) {
    struct iovec part = {"x", 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    struct mmsghdr messages = {message, 0};
    if (strcmp(how, "send") == 0)
        return send(fd, "x", 1, 0);
    if (strcmp(how, "sendto") == 0)
        return sendto(fd, "x", 1, 0, NULL, 0);
    if (strcmp(how, "sendmsg") == 0)
        return sendmsg(fd, &message, 0);
    if (strcmp(how, "sendmmsg") == 0)
        return sendmmsg(fd, &messages, 1, 0);
    if (strcmp(how, "write") == 0)
        return write(fd, "x", 1);
    if (strcmp(how, "writev") == 0)
        return writev(fd, &part, 1);
    if (strcmp(how, "sendfile") == 0) {
        int file = open("/proc/self/exe", O_RDONLY);
        return sendfile(fd, file, NULL, 1);
    }
    if (strcmp(how, "splice") == 0) {
        int pipes[2];
        pipe(pipes);
        write(pipes[1], "x", 1);
        return splice(pipes[0], NULL, fd, NULL, 1, 0);
    }
    if (strcmp(how, "fclose") == 0) {
        FILE *stream = fdopen(fd, "w");
        fputs("x", stream);
        return fclose(stream);
    }
    abort();
}

static void sigpipe(void) {
    int pair[2];
    char byte;
    low_pair_over_tcp(pair);
    close(pair[1]);
    write(pair[0], "x", 1);
    struct pollfd entry = {pair[0], 0, 0};
    poll(&entry, 1, 5000); /* until the reset has come */
    recv(pair[0], &byte, 1, 0);
    printf("%s\n", shown(send_by(words[2], pair[0])));
    /* a pipe still kills */
    int pipes[2];
    fflush(stdout);
    if (fork() == 0) {
        pipe(pipes);
        close(pipes[0]);
        write(pipes[1], "x", 1);
        _exit(0);
    }
    int status;
    wait(&status);
    printf("pipe: %s\n", WIFSIGNALED(status) ? "killed" : "lives");
}

/* ------------------------------------------------------------ calls in threads */

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

static void start(struct work *work, const char *how, int fd) {
    work->how = how;
    work->fd = fd;
    work->id = 0; /* it may have been another thread's */
    pthread_create(&work->thread, NULL, run, work);
}

/* What the call has returned; "waits" if it is not over after `ms`. */
static const char *ended(struct work *work, int ms) {
    if (!has_ended(work->thread, ms))
        return "waits";
    errno = work->failure;
    return shown(work->result);
}

static int patience = PATIENCE_MS;

static void fill(int fd) {
    while (send(fd, room, sizeof room, MSG_DONTWAIT) > 0)
        ;
}

static int sends(const char *how) {
    return strncmp(how, "send", 4) == 0 || strcmp(how, "write") == 0;
}

/* A socket on which a call waits. */
static int socket_for(const char *how, struct work *works, int count) {
    int pair[2];
    struct sockaddr_in address;
    if (strcmp(how, "accept") == 0)
        return listener(&address);
    if (strcmp(how, "connect") == 0) {
        /* a queue of one connection, which is taken */
        listen(listener(&address), 0);
        for (int other = 0; other < 3; other++)
            connect(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), (void *)&address, sizeof address);
        for (int number = 0; number < count; number++)
            works[number].to = address;
        return socket(AF_INET, SOCK_STREAM, 0);
    }
    if (sends(how)) {
        /* over TCP there may be room again by itself */
        socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
        fill(pair[0]);
    } else
        low_pair_over_tcp(pair);
    return pair[0];
}

static void close_wakes(const char *how) {
    struct work works[THREADS] = {0};
    int count = strcmp(how, "connect") == 0 ? 1 : THREADS;
    int fd = socket_for(how, works, count);
    for (int number = 0; number < count; number++)
        start(&works[number], how, fd);
    for (int number = 0; number < count; number++)
        wait_until_it_sleeps(&works[number].id);
    printf("close: %s\n", shown(close(fd)));
    printf("again: %s\n", shown(close(fd)));
    for (int number = 0; number < count; number++)
        printf("%s\n", ended(&works[number], patience));
    int file = open("/dev/null", O_RDONLY);
    printf("the number is free: %d\n", file == fd);
}

static void close_wakes_named(void) {
    close_wakes(words[2]);
}

/* A thread that has blocked all signals. */
static void close_wakes_blocked(void) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    close_wakes("recv");
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    printf("SIGTERM blocked %d\n", sigismember(&blocked, SIGTERM));
}

/* No descriptor is left for what the layer may need. */
static void close_wakes_without_descriptors(void) {
    struct work work = {0};
    int fd = socket_for("recv", NULL, 0);
    start(&work, "recv", fd);
    wait_until_it_sleeps(&work.id);
    while (dup(0) >= 0)
        ;
    printf("close: %s\n", shown(close(fd)));
    printf("%s\n", ended(&work, patience));
    printf("the number is free: %d\n", dup(0) == fd);
}

static void duplicate_over(void) {
    struct work work = {0};
    int fd = socket_for("recv", NULL, 0), null = open("/dev/null", O_RDWR);
    start(&work, "recv", fd);
    wait_until_it_sleeps(&work.id);
    printf("dup2: %d\n", dup2(null, fd) == fd);
    printf("%s\n", ended(&work, patience));
    printf("write: %s\n", shown(write(fd, "x", 1)));
    printf("wrong: %s\n", shown(dup2(-1, fd)));
    printf("write: %s\n", shown(write(fd, "x", 1)));
}

/* A call on a duplicate goes on. */
static void duplicate_stays(void) {
    struct work work = {0};
    int pair[2];
    low_pair_over_tcp(pair);
    int copy = dup(pair[0]);
    start(&work, "recv", copy);
    wait_until_it_sleeps(&work.id);
    printf("close: %s\n", shown(close(pair[0])));
    printf("write: %s\n", shown(write(pair[1], "still", 5)));
    printf("%s\n", ended(&work, 5000));
}

/* ------------------------------------------------------------ numbers that are used again */

static void nothing(int number) {
    (void)number;
}

/* A call that the kernel starts again after a signal looks its number up again. */
static void reuse(void) {
    struct work work = {0};
    int fd = socket_for("read", NULL, 0), pipes[2];
    on_signal(SIGUSR1, nothing, SA_RESTART);
    start(&work, "read", fd);
    wait_until_it_sleeps(&work.id);
    close(fd);
    pipe(pipes); /* gets the number */
    printf("used again: %d\n", pipes[0] == fd);
    write(pipes[1], "secret", 6);
    if (strcmp(ended(&work, patience), "waits") == 0)
        pthread_kill(work.thread, SIGUSR1);
    else
        work.thread = pthread_self();
    if (work.thread != pthread_self())
        ended(&work, 5000);
    errno = work.failure;
    printf("the thread: %s\n", shown(work.result));
    fcntl(pipes[0], F_SETFL, O_NONBLOCK);
    printf("the pipe: %s\n", shown(read(pipes[0], room, 100)));
}

static atomic_int stopped;

static void *signal_them(void *argument) {
    struct work *works = argument;
    while (!stopped) {
        pthread_kill(works[0].thread, SIGUSR1);
        pthread_kill(works[1].thread, SIGUSR1);
        usleep(50);
    }
    return NULL;
}

/* Threads that wait in calls which signals start again and again, while the number is closed and given to a file. */
static void reuse_soak(void) {
    char name[] = "/tmp/polysock-promises-XXXXXX", path[64];
    int kept = mkstemp(name), wrong = 0;
    unlink(name);
    snprintf(path, sizeof path, "/proc/self/fd/%d", kept);
    on_signal(SIGUSR1, nothing, SA_RESTART);
    for (int round = 0; round < 15; round++) {
        struct work works[2] = {0};
        pthread_t signals;
        int pair[2], file;
        socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
        fill(pair[0]);
        start(&works[0], round % 2 ? "send" : "write", pair[0]);
        start(&works[1], "write", pair[0]);
        wait_until_it_sleeps(&works[0].id);
        wait_until_it_sleeps(&works[1].id);
        stopped = 0;
        pthread_create(&signals, NULL, signal_them, works);
        close(pair[0]);
        do
            file = open(path, O_WRONLY | O_APPEND);
        while (file != pair[0]);
        usleep(1000);
        close(pair[1]);
        stopped = 1;
        pthread_join(signals, NULL);
        for (int thread = 0; thread < 2; thread++)
            wrong += strcmp(ended(&works[thread], 5000), "-1 EBADF") != 0;
        close(file);
    }
    printf("wrong results %d, bytes in the file %ld\n", wrong, (long)lseek(kept, 0, SEEK_END));
}

/* ------------------------------------------------------------ time limits */

static void set_limit(int fd, int option, int ms) {
    struct timeval limit = {ms / 1000, ms % 1000 * 1000};
    setsockopt(fd, SOL_SOCKET, option, &limit, sizeof limit);
}

/* How many of 40 receives end early, and how the last ends. */
static void never_early(void) {
    const char *how = words[2];
    struct work work = {.how = how};
    struct sockaddr_in address;
    int pair[2], early = 0;
    if (sends(how))
        socketpair(AF_UNIX, strcmp(how, "sendmmsg") == 0 ? SOCK_DGRAM : SOCK_STREAM, 0, pair);
    else
        low_pair_over_tcp(pair);
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
        if (recv(fd, bytes, 1 << 18, MSG_DONTWAIT) <= 0)
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
    return send(fd, calloc(1, large), large, MSG_NOSIGNAL);
}

/* A call that moves data in pieces, each of which the kernel gives the whole time. `wide`: the limit is set as one of 64 bits. */
static void one_limit_for_all(void) {
    const char *how = words[2];
    int pair[2], receives = strcmp(how, "recvmmsg") == 0;
    pthread_t thread;
    long large = receives ? 60 : 1 << 24;
    socketpair(AF_UNIX, receives ? SOCK_DGRAM : SOCK_STREAM, 0, pair);
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
    low_pair_over_tcp(pair);
    for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
        on_signal(SIGALRM, count, flags);
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
    low_pair_over_tcp(pair);
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

/* ------------------------------------------------------------ signal handlers, forks, longjmp */

static int handled[2], other[2];

static void send_and_close(int number) {
    (void)number;
    int before = errno;
    send(other[0], "from the handler", 16, 0);
    close(handled[0]);
    handled[0] = -1;
    signals++;
    errno = before;
}

static void handler(void) {
    struct work work = {0};
    struct sigaction action = {.sa_handler = send_and_close, .sa_flags = SA_RESTART};
    low_pair_over_tcp(handled);
    low_pair_over_tcp(other);
    sigaction(SIGUSR1, &action, NULL);
    start(&work, "recv", handled[0]);
    wait_until_it_sleeps(&work.id);
    pthread_kill(work.thread, SIGUSR1);
    printf("the interrupted call: %s\n", ended(&work, 5000));
    printf("sent: %s\n", shown(recv(other[1], room, 100, 0)));
    int file = open("/dev/null", O_RDONLY);
    printf("the number is free: %d\n", file == work.fd);
    /* another thread's call */
    low_pair_over_tcp(handled);
    start(&work, "recv", handled[0]);
    wait_until_it_sleeps(&work.id);
    raise(SIGUSR1);
    printf("another thread's call: %s\n", ended(&work, patience));
}

/* Handlers that make calls and closes all the time, in the middle of calls and of closes. */
static void handler_storm(void) {
    struct itimerval timer = {{0, 300}, {0, 300}};
    long moved = 0;
    on_signal(SIGALRM, send_and_close, SA_RESTART);
    low_pair_over_tcp(other);
    handled[0] = dup(other[0]);
    setitimer(ITIMER_REAL, &timer, NULL);
    long long until = now_us() + 700000;
    while (now_us() < until || signals <= 20) {
        int pair[2];
        socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
        moved += write(pair[0], "x", 1);
        moved += read(pair[1], room, 1);
        close(pair[0]);
        close(pair[1]);
        recv(other[1], room, sizeof room, MSG_DONTWAIT);
        close(handled[0]);
        handled[0] = dup(other[0]);
    }
    timer = (struct itimerval){{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &timer, NULL);
    printf("signals %d, moved %d\n", signals > 20, moved > 100);
}

static sigjmp_buf place;

static void jump(int number) {
    siglongjmp(place, number);
}

static void left_by_longjmp(void) {
    struct itimerval timer = {{0, 0}, {0, 5000}};
    volatile int free_at_once = 0, rounds = 0;
    on_signal(SIGALRM, jump, 0);
    for (; rounds < 30; rounds++) {
        int pair[2];
        low_pair_over_tcp(pair);
        if (sigsetjmp(place, 1) == 0) {
            setitimer(ITIMER_REAL, &timer, NULL);
            recv(pair[0], room, 100, 0);
        }
        close(pair[0]);
        int file = open("/dev/null", O_RDONLY);
        free_at_once += file == pair[0];
        close(file);
        close(pair[1]);
    }
    printf("free at once: %d of %d\n", free_at_once, rounds);
}

static void cancelled(void) {
    int free_at_once = 0;
    for (int round = 0; round < 10; round++) {
        struct work work = {0};
        int fd = socket_for("recv", NULL, 0);
        start(&work, "recv", fd);
        wait_until_it_sleeps(&work.id);
        pthread_cancel(work.thread);
        pthread_join(work.thread, NULL);
        close(fd);
        int file = open("/dev/null", O_RDONLY);
        free_at_once += file == fd;
        close(file);
    }
    printf("free at once: %d of 10\n", free_at_once);
}

static void forked(void) {
    struct work work = {0};
    int pair[2], status;
    low_pair_over_tcp(pair);
    start(&work, "recv", pair[0]);
    wait_until_it_sleeps(&work.id);
    fflush(stdout);
    if (fork() == 0) {
        int good = send(pair[0], "child", 5, 0) == 5;
        struct work own = {0};
        good = good && close(pair[0]) == 0 && close(pair[0]) == -1 && errno == EBADF;
        good = good && open("/dev/null", O_RDONLY) == pair[0];
        int fd = socket_for("recv", NULL, 0);
        start(&own, "recv", fd);
        wait_until_it_sleeps(&own.id);
        close(fd);
        printf("in the child: %d, %s\n", good, ended(&own, patience));
        fflush(stdout);
        _exit(0);
    }
    wait(&status);
    printf("from the child: %s\n", shown(recv(pair[1], room, 100, 0)));
    if (vfork() == 0) {
        close(pair[0]);
        dup2(pair[1], pair[0]);
        execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    wait(&status);
    printf("%s\n", ended(&work, 0));
    printf("write: %s\n", shown(write(pair[1], "still", 5)));
    printf("%s\n", ended(&work, 5000));
}

static const struct way ways[] = {
    {"sigpipe", sigpipe},
    {"close-wakes", close_wakes_named},
    {"close-wakes-blocked", close_wakes_blocked},
    {"close-wakes-without-descriptors", close_wakes_without_descriptors},
    {"duplicate-over", duplicate_over},
    {"duplicate-stays", duplicate_stays},
    {"reuse", reuse},
    {"reuse-soak", reuse_soak},
    {"never-early", never_early},
    {"one-limit", one_limit_for_all},
    {"signals-in-limits", signals_in_limits},
    {"data-in-time", data_in_time},
    {"handler", handler},
    {"handler-storm", handler_storm},
    {"longjmp", left_by_longjmp},
    {"cancelled", cancelled},
    {"forked", forked},
    {NULL, NULL},
};

int main(int count, char **arguments) {
    /* With the promise there is no reason to be impatient. */
    if (getenv("PATIENT") != NULL)
        patience = LONGEST_MS;
    return run_way(ways, count, arguments);
}

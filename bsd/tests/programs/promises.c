/* What the layer promises: `promises WAY [HOW]`. Without the promise each shows the trap. */
#define _GNU_SOURCE
#include "named_calls.h"
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

enum { THREADS = 3, PATIENCE_MS = 300 };

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

/* ------------------------------------------------------------ signal handlers, forks, longjmp */

static volatile sig_atomic_t signals;
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

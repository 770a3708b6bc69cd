/* Threads that wait for several descriptors while others close some: `polling WAY …`. */
#define _GNU_SOURCE
#include "sockets.h"
#include "waiting.h"
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { IMPATIENT_MS = 300, HIGH = 500 };

/* ------------------------------------------------------------ every call, close and socket */

static const char *calls[] = {"poll", "ppoll", "select", "pselect"};
static const char *closes[] = {
    "close", "dup2", "dup3", "fclose",
#ifdef __GLIBC__ /* others lack these: glibc_names.h makes them by system calls, which no layer sees */
    "close_range", "closefrom",
#endif
};
static const char *kinds[] = {"connected", "listening", "datagram", "unknown"};
enum { CALLS = 4, CLOSES = sizeof closes / sizeof *closes, KINDS = 4 };

/* One of a pair, with a number above those of everything else. */
static int make_pair(int *other) {
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    int high = fcntl(pair[0], F_DUPFD, HIGH);
    close(pair[0]);
    *other = pair[1];
    return high;
}

/* The same by system calls that the layer does not know. */
static int make_unknown(int *other) {
    int pair[2];
    syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair);
    int high = syscall(SYS_fcntl, pair[0], F_DUPFD, HIGH);
    syscall(SYS_close, pair[0]);
    *other = pair[1];
    return high;
}

static int make(const char *kind) {
    struct sockaddr_in address;
    int pair[2], fd;
    if (strcmp(kind, "listening") == 0) {
        fd = listener(&address);
    } else if (strcmp(kind, "datagram") == 0) {
        fd = socket(AF_INET, SOCK_DGRAM, 0);
    } else if (strcmp(kind, "unknown") == 0) {
        return make_unknown(&pair[1]);
    } else {
        pair_over_tcp(pair);
        fd = pair[0];
    }
    int high = fcntl(fd, F_DUPFD, HIGH);
    close(fd);
    return high;
}

static long close_by(const char *how, int fd) {
    static int null = -1;
    if (null < 0)
        null = open("/dev/null", O_RDWR);
    if (strcmp(how, "dup2") == 0)
        return dup2(null, fd) == fd ? 0 : -1;
    if (strcmp(how, "dup3") == 0)
        return dup3(null, fd, O_CLOEXEC) == fd ? 0 : -1;
    if (strcmp(how, "close_range") == 0)
        return close_range(fd, fd + 10, 0);
    if (strcmp(how, "closefrom") == 0) {
        closefrom(fd);
        return 0;
    }
    if (strcmp(how, "fclose") == 0)
        return fclose(fdopen(fd, "r"));
    return close(fd);
}

/* Two threads wait for a socket and a pipe when it is closed. */
static void play(const char *call, const char *how, const char *kind) {
    struct waiter waiters[2] = {0};
    int pipes[2], numbers[2];
    pipe(pipes);
    numbers[0] = pipes[0];
    numbers[1] = make(kind);
    for (int at = 0; at < 2; at++)
        start(&waiters[at], call, numbers, 2);
    for (int at = 0; at < 2; at++)
        wait_until_it_sleeps(&waiters[at].id);
    long result = close_by(how, numbers[1]);
    printf("%s %s %s: %ld, %s, ", call, how, kind, result, ended(&waiters[0]));
    printf("%s\n", ended(&waiters[1]));
    /* what has taken the place */
    close(numbers[1]);
    close(pipes[0]);
    close(pipes[1]);
}

static void every(void) {
    for (int call = 0; call < CALLS; call++)
        for (int how = 0; how < CLOSES; how++)
            for (int kind = 0; kind < KINDS; kind++)
                play(calls[call], closes[how], kinds[kind]);
}

static void one(void) {
    play(words[2], words[3], words[4]);
    fflush(stdout);
    _exit(0);
}

/* Whether a thread goes on waiting after closes that do not concern it. */
static int goes_on(const char *call) {
    struct waiter waiter = {0};
    int pair[2], pipes[2], numbers[2], status, waits;
    pair_over_tcp(pair);
    pipe(pipes);
    numbers[0] = pair[0];
    numbers[1] = pipes[0];
    int copy = dup(pair[0]);
    start(&waiter, call, numbers, 2);
    wait_until_it_sleeps(&waiter.id);
    close(copy);
    if (fork() == 0)
        _exit(close(pair[0]));
    wait(&status);
    if (vfork() == 0)
        _exit(close(pair[0]));
    wait(NULL);
    close(pipes[0]); /* not a socket: the system goes on */
    waits = !has_ended(waiter.thread, 20);
    write(pair[1], "x", 1);
    if (waits)
        printf("%s: waits, %s\n", call, ended(&waiter));
    close(pair[0]);
    close(pair[1]);
    close(pipes[1]);
    return waits;
}

/* Now and then the kernel checks the descriptors of a waiting call again for no reason, and finds the closed pipe: then the
 * call is tried again. */
static void others(void) {
    for (int call = 0; call < CALLS; call++) {
        int tries = 0;
        while (!goes_on(calls[call]) && tries++ < 5)
            continue;
        if (tries > 5)
            printf("%s: ended\n", calls[call]);
    }
}

/* ------------------------------------------------------------ signals and limits */

static volatile sig_atomic_t handled;

static void count(int number) {
    (void)number;
    handled++;
}

static void on_signal(int number, void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigaction(number, &action, NULL);
}

/* A call that blocks all signals while it waits, and one that lets through what is blocked outside. */
static void masks(void) {
    static sigset_t all, outside, inside;
    sigfillset(&all);
    sigemptyset(&outside);
    sigaddset(&outside, SIGUSR1);
    sigemptyset(&inside);
    on_signal(SIGUSR1, count);
    pthread_sigmask(SIG_SETMASK, &outside, NULL);
    for (int call = 1; call < CALLS; call += 2) {
        struct waiter waiter = {.mask = &all};
        int fd = make("connected");
        start(&waiter, calls[call], &fd, 1);
        wait_until_it_sleeps(&waiter.id);
        handled = 0;
        pthread_kill(waiter.thread, SIGUSR1); /* stays blocked */
        close(fd);
        printf("%s: %s, ", calls[call], ended(&waiter));
        printf("%d signals\n", handled);
        fd = make("connected");
        waiter.mask = &inside;
        start(&waiter, calls[call], &fd, 1);
        wait_until_it_sleeps(&waiter.id);
        pthread_kill(waiter.thread, SIGUSR1);
        printf("%s: %s, ", calls[call], ended(&waiter));
        printf("%d signals\n", handled);
        close(fd);
        /* one that came before */
        raise(SIGUSR1);
        fd = make("connected");
        waiter.thread = pthread_self();
        waiter.numbers = &fd;
        run_waiter(&waiter);
        printf("%s: %s, %d signals\n", calls[call], waiter.text, handled);
        close(fd);
    }
    /* an address that is wrong */
    struct pollfd entry = {0, POLLIN, 0};
    SHOW(ppoll(&entry, 1, NULL, (void *)8));
    SHOW(pselect(1, NULL, NULL, NULL, NULL, (void *)8));
}

/* The program's own signals end a wait. */
static void interrupted(void) {
    int fd = make("connected");
    on_signal(SIGUSR1, count);
    for (int call = 0; call < CALLS; call++) {
        struct waiter waiter = {0};
        start(&waiter, calls[call], &fd, 1);
        wait_until_it_sleeps(&waiter.id);
        pthread_kill(waiter.thread, SIGUSR1);
        printf("%s: %s\n", calls[call], ended(&waiter));
    }
}

/* Wake-ups for nothing, all the time, neither end a wait nor make its limit longer. */
static void limits(void) {
    enum { LIMIT_MS = 150 };
    int fd;
    play("poll", "close", "connected"); /* so that the layer's handler is there */
    fd = make("connected");
    for (int call = 0; call < CALLS; call++) {
        struct waiter waiter = {.limit_ms = LIMIT_MS};
        long long began = now_ms();
        start(&waiter, calls[call], &fd, 1);
        while (!has_ended(waiter.thread, 10) && now_ms() - began < LONGEST_MS)
            pthread_kill(waiter.thread, SIGRTMAX - 3);
        long long took = now_ms() - began;
        printf("%s: %s, early %d, endless %d\n", calls[call], waiter.text, took < LIMIT_MS, took >= LONGEST_MS);
    }
}

static int closed_by_handler = -1;

static void close_it(int number) {
    (void)number;
    close(closed_by_handler);
    handled++;
}

/* A handler closes what the call that it has interrupted waits for. */
static void in_handler(void) {
    on_signal(SIGUSR1, close_it);
    for (int call = 0; call < CALLS; call++) {
        struct waiter waiter = {0};
        closed_by_handler = make("connected");
        start(&waiter, calls[call], &closed_by_handler, 1);
        wait_until_it_sleeps(&waiter.id);
        pthread_kill(waiter.thread, SIGUSR1);
        printf("%s: %s, ", calls[call], ended(&waiter));
        int again = fcntl(0, F_DUPFD, HIGH);
        printf("free %d\n", again == closed_by_handler);
        close(again);
    }
}

static struct waiter beneath;
static atomic_int is_in_handler, has_handled;

static void wait_in_handler(int number) {
    (void)number;
    is_in_handler = 1;
    run_waiter(&beneath);
    has_handled = 1;
}

static void *receive(void *argument) {
    struct waiter *waiter = argument;
    char byte;
    waiter->id = syscall(SYS_gettid);
    strcpy(waiter->text, shown(recv(*waiter->numbers, &byte, 1, 0)));
    return NULL;
}

/* A handler waits in the middle of a receive: each ends when its own socket is closed. */
static void above_a_call(void) {
    struct waiter outer = {0};
    int below = make("connected"), pair[2];
    pair_over_tcp(pair);
    on_signal(SIGUSR1, wait_in_handler);
    outer.numbers = &below;
    beneath = (struct waiter){.call = words[2], .numbers = pair, .count = 1, .limit_ms = -1};
    pthread_create(&outer.thread, NULL, receive, &outer);
    wait_until_it_sleeps(&outer.id);
    pthread_kill(outer.thread, SIGUSR1);
    while (!is_in_handler)
        usleep(100);
    wait_until_it_sleeps(&beneath.id);
    if (strcmp(words[3], "above") == 0) {
        close(pair[0]);
        while (!has_handled)
            usleep(100);
        close(below);
    } else {
        close(below); /* gives up after a second */
        write(pair[1], "x", 1);
    }
    printf("%s, ", ended(&outer));
    printf("%s\n", beneath.text);
}

/* ------------------------------------------------------------ closes that can't end the wait at once */

static void block_by_system_call(void) {
    unsigned long long all = ~0ULL;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, NULL, sizeof all);
}

static void *run_blocked(void *argument) {
    block_by_system_call();
    return run_waiter(argument);
}

static void *close_one(void *argument) {
    return (void *)(long)close(*(int *)argument);
}

/* A thread that no signal reaches keeps the number; what begins meanwhile sees a closed socket. */
static void kept(void) {
    struct waiter waiter = {.call = "poll", .count = 1, .limit_ms = -1};
    struct rlimit few;
    char byte;
    int full = words[2] != NULL, pair[2], pipes[2], again;
    pthread_t closer;
    pair_over_tcp(pair);
    pipe(pipes);
    write(pipes[1], "x", 1);
    int high = fcntl(pair[0], F_DUPFD, HIGH);
    close(pair[0]);
    waiter.numbers = &high;
    getrlimit(RLIMIT_NOFILE, &few);
    few.rlim_cur = HIGH + 20;
    setrlimit(RLIMIT_NOFILE, &few);
    pthread_create(&waiter.thread, NULL, run_blocked, &waiter);
    wait_until_it_sleeps(&waiter.id);
    while (full && dup(0) >= 0)
        ;
    pthread_create(&closer, NULL, close_one, &high);
    while (recv(high, &byte, 1, MSG_DONTWAIT) != -1 || errno != EBADF)
        usleep(100);
    struct waiter other = {.numbers = (int[]){pipes[0], high}, .count = 2, .limit_ms = -1};
    for (int call = 0; call < CALLS; call++) {
        other.call = calls[call];
        run_waiter(&other);
        printf("%s: %s\n", calls[call], other.text);
    }
    printf("close: %d\n", has_ended(closer, LONGEST_MS));
    write(pair[1], "x", 1);
    printf("the first: %s\n", ended(&waiter));
    if (!full)
        again = fcntl(0, F_DUPFD, HIGH);
    else
        again = dup(0);
    printf("free: %d\n", again == high);
}

static void *receive_blocked(void *argument) {
    block_by_system_call();
    return receive(argument);
}

static void *close_all_from(void *argument) {
    close_by(words[2], *(int *)argument);
    return NULL;
}

/* Calls that begin on one socket while the same close waits for a call on another. */
static void range(void) {
    int first = make("connected"), last = make("connected");
    struct waiter stuck = {.numbers = &last}, receives = {.numbers = &first}, polls = {0};
    pthread_t closer;
    char byte;
    pthread_create(&stuck.thread, NULL, receive_blocked, &stuck);
    wait_until_it_sleeps(&stuck.id);
    pthread_create(&closer, NULL, close_all_from, &first);
    while (recv(last, &byte, 1, MSG_DONTWAIT) != -1 || errno != EBADF)
        usleep(100);
    pthread_create(&receives.thread, NULL, receive, &receives);
    start(&polls, "poll", &first, 1);
    printf("%s, ", ended(&receives));
    printf("%s\n", ended(&polls));
    printf("%s: %d\n", words[2], has_ended(closer, LONGEST_MS));
    fflush(stdout);
    _exit(0);
}

/* The entries are no longer there. */
static void unmapped(void) {
    struct waiter waiter = {0};
    int pair[2], pipes[2], numbers[2];
    size_t length = 1 << 16;
    pair_over_tcp(pair);
    pipe(pipes);
    numbers[0] = pair[0];
    numbers[1] = pipes[0];
    waiter.entries = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int count = 300;
    for (int at = 0; at < count; at++)
        waiter.entries[at] = (struct pollfd){numbers[at % 2], POLLIN, 0};
    start(&waiter, "poll", numbers, count);
    wait_until_it_sleeps(&waiter.id);
    munmap(waiter.entries, length);
    SHOW(close(pair[0]));
    write(pipes[1], "x", 1);
    printf("%s\n", ended(&waiter));
    SHOW(poll((void *)8, 1, 0));
    SHOW(poll((void *)8, 1, -1));
    SHOW(poll(NULL, 1, -1));
    SHOW(poll(NULL, -1, -1));
    SHOW(select(1, (void *)8, NULL, NULL, NULL));
    SHOW(select(-1, NULL, NULL, NULL, NULL));
}

/* ------------------------------------------------------------ many */

static void many(void) {
    enum { COUNT = 2000 };
    static struct pollfd entries[COUNT];
    static int numbers[COUNT];
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < COUNT + 100) {
        printf("too few descriptors\n");
        return;
    }
    for (int at = 0; at < COUNT; at++)
        numbers[at] = socket(AF_INET, SOCK_DGRAM, 0);
    for (int which = 0; which < 3; which++) {
        struct waiter polls = {.entries = entries}, selects = {0};
        int at = which == 0 ? 3 : which == 1 ? COUNT / 2 : COUNT - 1;
        for (int at = 0; at < COUNT; at++)
            entries[at] = (struct pollfd){numbers[at], POLLIN, 0};
        start(&polls, "poll", numbers, COUNT);
        start(&selects, "select", numbers, COUNT);
        wait_until_it_sleeps(&polls.id);
        wait_until_it_sleeps(&selects.id);
        close(numbers[at]);
        printf("%d above 1,024: %d, %s, ", at, numbers[at] > 1024, ended(&polls));
        printf("%s\n", ended(&selects));
        numbers[at] = socket(AF_INET, SOCK_DGRAM, 0);
    }
}

/* ------------------------------------------------------------ closes at any moment */

enum { LOOPS = 2, SOME_MS = 1000, LEAST_ROUNDS = 20 };
static atomic_int current = -1, entering = -1, over, made[LOOPS];
static const char *looping;

/* Some dozens of microseconds at most, so that calls and closes begin in every order. */
static void spin(int number) {
    for (volatile int left = number % 30000; left > 0; left--)
        ;
}

static void *wait_all_the_time(void *argument) {
    atomic_int *count = argument;
    struct waiter waiter = {.call = looping, .count = 1, .limit_ms = -1};
    char byte;
    while (!over) {
        int fd = current;
        waiter.numbers = &fd;
        if (fd < 0)
            sched_yield();
        else {
            entering = fd;
            spin(*count * 5303);
            if (strcmp(looping, "recv") == 0)
                recv(fd, &byte, 1, 0);
            else
                run_waiter(&waiter);
        }
        ++*count;
    }
    return NULL;
}

static void at_any_moment(void) {
    pthread_t threads[LOOPS];
    int stuck = 0, round = 0;
    looping = words[2];
    long long end = now_ms() + SOME_MS;
    for (int at = 0; at < LOOPS; at++)
        pthread_create(&threads[at], NULL, wait_all_the_time, &made[at]);
    for (; !stuck && (round < LEAST_ROUNDS || now_ms() < end); round++) {
        int other, fd = words[4] == NULL ? make_pair(&other) : make_unknown(&other);
        entering = -1;
        current = fd;
        for (int tries = 1; entering < 0; tries++)
            if (tries % 10000 == 0)
                sched_yield();
        spin(round * 3701);
        close_by(words[3], fd);
        current = -1;
        close(fd); /* what has taken its place */
        for (int at = 0; at < LOOPS; at++) {
            int before = made[at];
            for (long long since = now_ms(); made[at] == before && !stuck; sched_yield())
                stuck = now_ms() - since > patience;
        }
        close(other);
    }
    over = 1;
    printf("stuck: %d\n", stuck);
    fflush(stdout);
    _exit(0);
}

static const struct way ways[] = {
    {"every", every},
    {"one", one},
    {"others", others},
    {"masks", masks},
    {"interrupted", interrupted},
    {"limits", limits},
    {"in-handler", in_handler},
    {"above-a-call", above_a_call},
    {"kept", kept},
    {"range", range},
    {"unmapped", unmapped},
    {"many", many},
    {"at-any-moment", at_any_moment},
    {NULL, NULL},
};

int main(int count, char **arguments) {
    if (getenv("IMPATIENT") != NULL)
        patience = IMPATIENT_MS;
    return run_way(ways, count, arguments);
}

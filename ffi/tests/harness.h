/*
 * The harness of the C tests: each file is one program of tests that run one after another.
 *
 *     TEST(echo) { ...; CHECK_IS(polysock_listen(s, 5), 0); }
 *     int main(void) { RUN(echo); return report(); }
 *
 * A test that leaves more descriptors than it found has failed. Waiting is for a condition, with an end, never for a
 * time to pass.
 */
#ifndef HARNESS_H
#define HARNESS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <polysock/polysock.h>

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How much slower everything may be, under valgrind and the sanitizers. */
#ifndef SLOWNESS
#define SLOWNESS 1
#endif

#define UNUSED __attribute__((unused))
#define TEST(name) static __attribute__((unused)) void test_##name(void)
#define RUN(name) run_test(#name, test_##name)

static int tests_passed, tests_failed, test_fails;

static UNUSED void fail(const char *file, int line, const char *what)
{
    __atomic_add_fetch(&test_fails, 1, __ATOMIC_SEQ_CST);
    fprintf(stderr, "%s:%d: %s (last detail: %s)\n", file, line, what, polysock_last_detail());
}

/* A test continues after a failed check; checks return whether they passed. */
#define CHECK(condition) ((condition) ? true : (fail(__FILE__, __LINE__, "does not hold: " #condition), false))
#define CHECK_IS(actual, expected) check_is(__FILE__, __LINE__, #actual, (long long)(actual), (long long)(expected))
#define CHECK_TEXT(actual, expected) check_text(__FILE__, __LINE__, #actual, (actual), (expected))
/* The call fails with POLYSOCK_EINVAL, and its description contains `text`, such as the name of the argument. */
#define REFUSED(call, text) check_refused(__FILE__, __LINE__, #call, (long long)(call), (text))
/* For what a test needs before it can test anything. */
#define MUST(actual) must(__FILE__, __LINE__, #actual, (long long)(actual))

static UNUSED bool check_is(const char *file, int line, const char *what, long long actual, long long expected)
{
    char text[512];
    if (actual == expected)
        return true;
    snprintf(text, sizeof text, "%s is %lld (%s), not %lld", what, actual, polysock_err_name((int)actual), expected);
    fail(file, line, text);
    return false;
}

static UNUSED bool check_text(const char *file, int line, const char *what, const char *actual, const char *expected)
{
    char text[1024];
    if (actual != NULL && strcmp(actual, expected) == 0)
        return true;
    snprintf(text, sizeof text, "%s is \"%s\", not \"%s\"", what, actual == NULL ? "NULL" : actual, expected);
    fail(file, line, text);
    return false;
}

static UNUSED bool check_refused(const char *file, int line, const char *what, long long actual, const char *text)
{
    char message[512];
    if (!check_is(file, line, what, actual, POLYSOCK_EINVAL))
        return false;
    if (strstr(polysock_last_detail(), text) != NULL)
        return true;
    snprintf(message, sizeof message, "%s: the description lacks \"%s\"", what, text);
    fail(file, line, message);
    return false;
}

static UNUSED long long must(const char *file, int line, const char *what, long long actual)
{
    if (actual < 0) {
        fail(file, line, what);
        printf("0 passed, 1 failed\n");
        exit(1);
    }
    return actual;
}

/* --- time: the monotonic clock in microseconds */

static UNUSED long long now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* Never early is strict, never late is generous: this runs on busy machines, and under valgrind. */
#define CHECK_TOOK(began_us, at_least_ms, at_most_ms)                                                      \
    do {                                                                                                   \
        long long took_ = now_us() - (began_us);                                                           \
        if (took_ < (at_least_ms) * 1000LL || took_ > (at_most_ms) * 1000LL) {                             \
            char text_[128];                                                                               \
            snprintf(text_, sizeof text_, "took %lld us, not %d to %d ms", took_, at_least_ms, at_most_ms); \
            fail(__FILE__, __LINE__, text_);                                                               \
        }                                                                                                  \
    } while (0)

/* Reports what is not tested here; $POLYSOCK_SKIPPED names the list that `make test` ends with (tools/skipped.sh). */
static UNUSED void skip(const char *what, const char *needs)
{
    const char *list = getenv("POLYSOCK_SKIPPED");
    FILE *file = list == NULL ? NULL : fopen(list, "a");
    fprintf(stderr, "skipped: %s: needs %s\n", what, needs);
    if (file == NULL)
        return;
    fprintf(file, "C: %s\t%s\n", what, needs);
    fclose(file);
}

/* The pause between two checks of a condition. */
static UNUSED void sleep_1ms(void)
{
    struct timespec ms = {0, 1000000};
    nanosleep(&ms, NULL);
}

/* --- descriptors */

static UNUSED int open_descriptors(void)
{
    int count = 0;
    DIR *directory = opendir("/proc/self/fd");
    if (directory == NULL)
        return -1;
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

/* --- threads */

/* Whether the thread sleeps in one of the system calls in which the library waits. */
static UNUSED bool is_blocked(pid_t pid, pid_t tid)
{
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", (int)pid, (int)tid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    bool read_it = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    if (!read_it || strncmp(text, "running", 7) == 0)
        return false;
    long number = strtol(text, NULL, 10);
    static const long waiting[] = {
#ifdef SYS_poll
        SYS_poll,
#endif
#ifdef SYS_ppoll_time64
        SYS_ppoll_time64,
#endif
#ifdef SYS_accept
        SYS_accept,
#endif
#ifdef SYS_socketcall /* on x86 with 32 bits, in place of most of the others */
        SYS_socketcall,
#endif
        SYS_ppoll, SYS_recvfrom, SYS_recvmsg, SYS_sendto, SYS_sendmsg, SYS_accept4, SYS_connect};
    /* The same on x86-64, whose numbers are shown when this program is emulated there. */
    static const long waiting_on_x86_64[] = {7, 271, 45, 47, 44, 46, 43, 288, 42};
    bool emulated = getenv("POLYSOCK_TEST_EMULATOR") != NULL;
    const long *known = emulated ? waiting_on_x86_64 : waiting;
    size_t count = emulated ? sizeof waiting_on_x86_64 / sizeof *waiting_on_x86_64 : sizeof waiting / sizeof *waiting;
    for (size_t i = 0; i < count; i++)
        if (known[i] == number)
            return true;
    return false;
}

static UNUSED bool wait_blocked(pid_t pid, pid_t tid)
{
    for (long long end = now_us() + 20 * 1000000LL; now_us() < end; sleep_1ms())
        if (is_blocked(pid, tid))
            return true;
    fail(__FILE__, __LINE__, "the thread is not blocked");
    return false;
}

/* A call in another thread. */
struct worker {
    pthread_t thread;
    pid_t tid;
    void (*call)(void *argument);
    void *argument;
    long long ended_us;
    int ended;
};

static UNUSED void *run_worker(void *argument)
{
    struct worker *worker = (struct worker *)argument;
    __atomic_store_n(&worker->tid, (pid_t)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
    worker->call(worker->argument);
    worker->ended_us = now_us();
    __atomic_store_n(&worker->ended, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static UNUSED void start(struct worker *worker, void (*call)(void *), void *argument)
{
    memset(worker, 0, sizeof *worker);
    worker->call = call;
    worker->argument = argument;
    if (pthread_create(&worker->thread, NULL, run_worker, worker) != 0)
        abort();
    while (__atomic_load_n(&worker->tid, __ATOMIC_SEQ_CST) == 0)
        sched_yield();
}

static UNUSED void start_blocked(struct worker *worker, void (*call)(void *), void *argument)
{
    start(worker, call, argument);
    wait_blocked(getpid(), worker->tid);
}

/* Joins; a thread that does not end within 20 s ends the program. */
static UNUSED void join(struct worker *worker)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 20;
#ifdef VALGRIND
    /* helgrind knows only this way to join; run.sh ends a program that hangs. */
    int hangs = pthread_join(worker->thread, NULL);
#else
    int hangs = pthread_timedjoin_np(worker->thread, NULL, &end);
#endif
    if (hangs != 0) {
        fail(__FILE__, __LINE__, "a thread hangs");
        printf("%d passed, %d failed\n", tests_passed, tests_failed + 1);
        _exit(1);
    }
}

/* Waits for a child and returns its exit code; -1 when it died or hangs. */
static UNUSED int wait_child(pid_t pid)
{
    int status;
    for (long long end = now_us() + 20 * 1000000LL; now_us() < end; sleep_1ms())
        if (waitpid(pid, &status, WNOHANG) == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return -1;
}

/* --- sockets */

static UNUSED polysock_t *make_listener(const char *host, polysock_addr *a)
{
    polysock_t *listener;
    MUST(polysock_create_server(&listener, host, "0", 16));
    MUST(polysock_getsockname(listener, a));
    return listener;
}

/* Both ends of a TCP connection over loopback. */
static UNUSED void make_pair(polysock_t **client, polysock_t **server)
{
    polysock_addr a;
    polysock_t *listener = make_listener("127.0.0.1", &a);
    MUST(polysock_socket(client, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    MUST(polysock_connect(*client, &a, 10000));
    MUST(polysock_accept(listener, server, NULL, 10000));
    polysock_free(listener);
}

/* Sends until there has been no room for a while: the kernel goes on moving bytes to the peer after the first EAGAIN. */
static UNUSED void fill_up(polysock_t *s)
{
    static char zeros[65536];
    int code = 0;
    for (int i = 0; i < 10000 && code == 0; i++)
        code = polysock_sendall(s, zeros, sizeof zeros, NULL, 30);
    CHECK_IS(code, POLYSOCK_ETIMEDOUT);
}

/* --- running */

static UNUSED void run_test(const char *name, void (*test)(void))
{
    if (tests_passed + tests_failed == 0) {
        /* The wake-up descriptor of this thread is made when it first waits, and stays. */
        polysock_addr a;
        polysock_t *none, *listener = make_listener("127.0.0.1", &a);
        CHECK_IS(polysock_accept(listener, &none, NULL, 1), POLYSOCK_ETIMEDOUT);
        polysock_free(listener);
    }
    int before = open_descriptors();
    test_fails = 0;
    test();
    int after = open_descriptors();
    if (after != before) {
        fprintf(stderr, "%s: %d descriptors before, %d after\n", name, before, after);
        test_fails++;
    }
    if (test_fails == 0) {
        tests_passed++;
    } else {
        tests_failed++;
        fprintf(stderr, "FAILED %s\n", name);
    }
}

static UNUSED int report(void)
{
    printf("%d passed, %d failed\n", tests_passed, tests_failed);
    return tests_failed != 0;
}

#endif

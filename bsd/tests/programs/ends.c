/* How threads and programs end, and calls in the last moments. `ends WAY`. */
#define _GNU_SOURCE
#include "sockets.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <sys/wait.h>

static int pair[2];
static char room[64];
static pthread_key_t key;

static void talk(const char *text) {
    ssize_t sent = write(pair[0], text, strlen(text));
    ssize_t received = read(pair[1], room, sizeof room);
    printf("%s %zd %zd\n", text, sent, received);
    fflush(stdout);
}

static void at_exit(void) {
    talk("atexit");
    close(pair[0]);
    close(pair[1]);
}

static void exits(void) {
    pair_over_tcp(pair);
    atexit(at_exit);
    exit(12);
}

static void quickly(void) {
    pair_over_tcp(pair);
    at_quick_exit(at_exit);
    quick_exit(13);
}

static void at_once(void) {
    pair_over_tcp(pair);
    talk("before");
    _exit(14);
}

static void aborts(void) {
    pair_over_tcp(pair);
    talk("before");
    abort();
}

static void on_abort(int number) {
    (void)number;
    talk("handler");
}

static void aborts_with_handler(void) {
    pair_over_tcp(pair);
    signal(SIGABRT, on_abort);
    abort();
}

static void *main_thread_has_ended(void *unused) {
    pthread_t *main_thread = unused;
    pthread_join(*main_thread, NULL);
    talk("second thread");
    exit(15);
}

static void main_thread_ends(void) {
    static pthread_t self;
    pthread_t thread;
    self = pthread_self();
    pair_over_tcp(pair);
    talk("first thread");
    pthread_create(&thread, NULL, main_thread_has_ended, &self);
    pthread_exit(NULL);
}

static void of_thread(void *again) {
    talk("destructor");
    if (again == (void *)1)
        pthread_setspecific(key, (void *)2);
}

static void on_cleanup(void *text) {
    talk(text);
}

static sem_t talked;

static void *thread_ends(void *way) {
    pthread_setspecific(key, (void *)1);
    pthread_cleanup_push(on_cleanup, "cleanup");
    talk("thread");
    sem_post(&talked);
    if (way)
        pthread_exit(NULL);
    read(pair[1], room, 1); /* in which it is cancelled */
    pthread_cleanup_pop(0);
    return NULL;
}

static void threads_end(void) {
    pair_over_tcp(pair);
    pthread_key_create(&key, of_thread);
    sem_init(&talked, 0, 0);
    for (long way = 0; way < 4; way++) {
        pthread_t thread;
        void *result;
        pthread_create(&thread, NULL, thread_ends, (void *)(way % 2));
        sem_wait(&talked);
        if (way == 2)
            usleep(10000); /* probably in the call by then */
        if (way % 2 == 0)
            pthread_cancel(thread);
        pthread_join(thread, &result);
        printf("%s\n", result == PTHREAD_CANCELED ? "cancelled" : "ended");
    }
}

/* More keys than the C library keeps without malloc. */
static void many_keys(void) {
    pthread_key_t keys[100];
    for (int index = 0; index < 100; index++)
        pthread_key_create(&keys[index], NULL);
    pair_over_tcp(pair);
    talk("with many keys");
}

static atomic_int failures;

static void *busy(void *count) {
    int own[2];
    char byte;
    pair_over_tcp(own);
    for (long round = 0; round < (long)count; round++)
        if (write(own[0], "x", 1) != 1 || read(own[1], &byte, 1) != 1)
            failures++;
    failures += close(own[0]) + close(own[1]);
    return NULL;
}

static void many_threads(void) {
    static pthread_t threads[64];
    for (int index = 0; index < 64; index++)
        pthread_create(&threads[index], NULL, busy, (void *)100L);
    for (int index = 0; index < 64; index++)
        pthread_join(threads[index], NULL);
    printf("%d failures\n", failures);
}

/* While others are in the middle of calls. */
static void exits_in_the_middle(void) {
    pthread_t thread;
    for (int index = 0; index < 8; index++)
        pthread_create(&thread, NULL, busy, (void *)1000000L);
    usleep(20000);
    exit(16);
}

static void killed_in_the_middle(void) {
    for (int round = 0; round < 20; round++) {
        pid_t child = fork();
        if (child == 0)
            busy((void *)100000000L);
        usleep(2000 + 500 * round);
        kill(child, SIGKILL);
        int status;
        waitpid(child, &status, 0);
        printf("%d", WTERMSIG(status));
    }
    printf("\n");
}

static int blocks_sigpipe(void) {
    sigset_t now;
    sigprocmask(SIG_SETMASK, NULL, &now);
    return sigismember(&now, SIGPIPE);
}

static jmp_buf place;

static void jump(int number) {
    (void)number;
    _longjmp(place, 1);
}

/* A handler leaves a send that waits, and the mask stays as it was in the handler: SIGPIPE is not blocked. */
static void left_by_longjmp(void) {
    static char much[1 << 20];
    struct sigaction action = {.sa_handler = jump, .sa_flags = SA_NODEFER};
    struct itimerval timer = {{0, 0}, {0, 50000}};
    volatile int jumps = 0;
    int pipes[2];
    pipe(pipes);
    pair_over_tcp(pair);
    sigaction(SIGALRM, &action, NULL);
    fcntl(pair[0], F_SETFL, 0);
    for (volatile int round = 0; round < 2; round++)
        if (_setjmp(place) == 0) {
            setitimer(ITIMER_REAL, &timer, NULL);
            while (write(pair[0], much, sizeof much) > 0)
                ;
        } else {
            jumps++;
        }
    printf("%d jumps, blocked %d\n", jumps, blocks_sigpipe());
    send(pair[1], "x", 1, 0);
    printf("blocked %d\n", blocks_sigpipe());
    fflush(stdout);
    close(pipes[0]);
    write(pipes[1], "x", 1); /* killed here */
    printf("not reached\n");
}

static const struct way ways[] = {
    {"exit", exits},
    {"quick-exit", quickly},
    {"_exit", at_once},
    {"abort", aborts},
    {"abort-handler", aborts_with_handler},
    {"main-thread", main_thread_ends},
    {"threads", threads_end},
    {"many-keys", many_keys},
    {"many-threads", many_threads},
    {"exit-in-the-middle", exits_in_the_middle},
    {"killed-in-the-middle", killed_in_the_middle},
    {"longjmp", left_by_longjmp},
    {NULL, NULL},
};

int main(int count, char **arguments) {
    return run_way(ways, count, arguments);
}

/* Signals that the program takes itself, and threads that end in the middle of calls: `signals WHICH`. */
#define _GNU_SOURCE
#include "sockets.h"
#include "threads.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>

static void *take_signal(void *set) {
    int number = 0;
    sigwait(set, &number);
    return (void *)(long)number;
}

static void taken_signals(void) {
    sigset_t all, one;
    pthread_t thread;
    void *number;
    siginfo_t info;
    struct timespec patience = {20, 0};
    for (int signal = SIGRTMAX; signal > SIGRTMAX - 10; signal--) {
        sigemptyset(&one);
        sigaddset(&one, signal);
        pthread_sigmask(SIG_BLOCK, &one, NULL);
        sigqueue(getpid(), signal, (union sigval){.sival_int = 7});
        int taken = sigtimedwait(&one, &info, &patience);
        printf("taken: %d, %d\n", taken == signal, info.si_value.sival_int);
        int fd = signalfd(-1, &one, 0);
        struct signalfd_siginfo found = {0};
        kill(getpid(), signal);
        read(fd, &found, sizeof found);
        printf("read: %d\n", found.ssi_signo == signal);
        close(fd);
        pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    }
    /* A thread that takes all. */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    for (int signal = SIGRTMAX; signal > SIGRTMAX - 10; signal--) {
        pthread_create(&thread, NULL, take_signal, &all);
        kill(getpid(), signal);
        pthread_join(thread, &number);
        printf("waited for: %d\n", (long)number == signal);
    }
}

static int number_of_call;
static long (*end_thread)(long, ...);

static void end_in_handler(int number) {
    end_thread(SYS_exit, 0L);
}

static void *receive(void *argument) {
    char byte;
    *(atomic_int *)argument = syscall(SYS_gettid);
    recv(number_of_call, &byte, 1, 0);
    return NULL;
}

static void receive_in_handler(int number) {
    char byte;
    recv(number_of_call, &byte, 1, 0);
}

/* Receives while all signals are blocked. */
static void *receive_undisturbed(void *argument) {
    struct sigaction action = {.sa_handler = receive_in_handler};
    sigfillset(&action.sa_mask);
    sigaction(SIGUSR2, &action, NULL);
    *(atomic_int *)argument = syscall(SYS_gettid);
    raise(SIGUSR2);
    return NULL;
}

static void close_wakes(void *(*call)(void *)) {
    int pair[2];
    pthread_t thread;
    atomic_int id = 0;
    pair_over_tcp(pair);
    number_of_call = pair[0];
    pthread_create(&thread, NULL, call, (void *)&id);
    wait_until_it_sleeps(&id);
    show("close", close(pair[0]));
    int free_at_once = fcntl(0, F_DUPFD, pair[0]) == pair[0];
    printf("free at once: %d\n", free_at_once);
    shutdown(pair[1], SHUT_RDWR);
    if (free_at_once)
        pthread_join(thread, NULL);
    close(pair[0]);
    close(pair[1]);
}

static void ignore(int number) {
    (void)number;
}

/* A close wakes whatever signals the program takes itself. */
static void wakes_among_signals(void) {
    sigset_t set;
    close_wakes(receive);
    sigemptyset(&set);
    sigaddset(&set, SIGRTMAX - 3);
    sigaddset(&set, SIGRTMAX - 5);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    close_wakes(receive);
    signal(SIGRTMAX - 4, ignore);
    close_wakes(receive);
    sigfillset(&set);
    sigdelset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    close_wakes(receive);
    close_wakes(receive_undisturbed);
}

/* A thread that ends by a system call in the middle of a call. `hidden`: by a call of the C library that does not go through the layer. */
static void ended_thread(void) {
    int pair[2];
    signal(SIGUSR1, end_in_handler);
    for (int hidden = 0; hidden < 2; hidden++) {
        pthread_t thread;
        atomic_int id = 0;
        end_thread = hidden ? dlsym(dlopen("libc.so.6", RTLD_NOW), "syscall") : syscall;
        pair_over_tcp(pair);
        number_of_call = pair[0];
        pthread_create(&thread, NULL, receive, (void *)&id);
        wait_until_it_sleeps(&id);
        pthread_kill(thread, SIGUSR1);
        while (syscall(SYS_tgkill, getpid(), id, 0) == 0)
            usleep(1000);
        show("close", close(pair[0]));
        printf("free at once: %d\n", fcntl(0, F_DUPFD, pair[0]) == pair[0]);
    }
}

static atomic_int go;

static void *close_it(void *argument) {
    while (!go)
        ;
    close(*(int *)argument);
    return NULL;
}

/* A thread that was cancelled when it calls close(2) does not close. */
static void cancelled_close(void) {
    int pair[2];
    pthread_t thread;
    char byte;
    void *result;
    pair_over_tcp(pair);
    pthread_create(&thread, NULL, close_it, &pair[0]);
    pthread_cancel(thread);
    go = 1;
    pthread_join(thread, &result);
    printf("cancelled: %d\n", result == PTHREAD_CANCELED);
    show("recv", recv(pair[0], &byte, 1, MSG_DONTWAIT));
    show("send", send(pair[0], "x", 1, 0));
    show("close", close(pair[0]));
}

/* The program has no handler for this one: it ends by it. */
static void default_action(void) {
    int pair[2];
    char byte = 0;
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    show("send", send(pair[0], &byte, 1, 0));
    show("recv", recv(pair[1], &byte, 1, 0));
    fflush(stdout);
    kill(getpid(), SIGRTMAX - 3);
    printf("still there\n");
}

static const struct way ways[] = {
    {"default-action", default_action},
    {"taken-signals", taken_signals},
    {"wakes-among-signals", wakes_among_signals},
    {"ended-thread", ended_thread},
    {"cancelled-close", cancelled_close},
    {NULL, NULL},
};

int main(int count, char **arguments) {
    return run_way(ways, count, arguments);
}

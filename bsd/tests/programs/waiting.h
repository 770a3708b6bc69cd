/* Threads that wait for several descriptors: they keep what their call has returned. */
#ifndef WAITING_H
#define WAITING_H

#include "sockets.h"
#include "threads.h"
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>

enum { MOST_BITS = 4096 };

static int patience = LONGEST_MS;

static long long now_ms(void) {
    return now_us() / 1000;
}

struct waiter {
    pthread_t thread;
    const char *call;
    const int *numbers;
    int count, limit_ms;
    sigset_t *mask;
    struct pollfd *entries; /* the program's, if not the waiter's own */
    struct pollfd own[4];
    char text[64];
    atomic_int id;
};

static void show_entries(char *text, long result, const struct pollfd *entries, int count) {
    int at = sprintf(text, "%s", shown(result));
    for (int number = 0; number < count; number++) {
        int events = entries[number].revents;
        if (events != 0 && at < 40)
            at += sprintf(text + at, " %d:%s", number,
                          events == POLLNVAL ? "NVAL" : events == POLLIN ? "IN" : "other");
    }
}

static void wait_by_poll(struct waiter *waiter) {
    struct pollfd *entries = waiter->entries != NULL ? waiter->entries : waiter->own;
    struct timespec limit = {waiter->limit_ms / 1000, waiter->limit_ms % 1000 * 1000000L};
    int result, limited = waiter->limit_ms >= 0;
    if (entries == waiter->own)
        for (int at = 0; at < waiter->count; at++)
            entries[at] = (struct pollfd){waiter->numbers[at], POLLIN, 0};
    if (strcmp(waiter->call, "poll") == 0)
        result = poll(entries, waiter->count, waiter->limit_ms);
    else
        result = ppoll(entries, waiter->count, limited ? &limit : NULL, waiter->mask);
    show_entries(waiter->text, result, entries, result < 0 ? 0 : waiter->count);
}

static void wait_by_select(struct waiter *waiter) {
    long sets[2][MOST_BITS / 8 / sizeof(long)] = {0};
    struct timespec limit = {waiter->limit_ms / 1000, waiter->limit_ms % 1000 * 1000000L};
    struct timeval wide = {waiter->limit_ms / 1000, waiter->limit_ms % 1000 * 1000};
    int result, limited = waiter->limit_ms >= 0, bits = 8 * sizeof(long), most = 0;
    for (int at = 0; at < waiter->count; at++) {
        int number = waiter->numbers[at];
        sets[0][number / bits] |= 1L << number % bits;
        if (at == 0)
            sets[1][number / bits] |= 1L << number % bits;
        most = number > most ? number : most;
    }
    fd_set *read = (void *)sets[0], *except = (void *)sets[1];
    if (strcmp(waiter->call, "select") == 0)
        result = select(most + 1, read, NULL, except, limited ? &wide : NULL);
    else
        result = pselect(most + 1, read, NULL, except, limited ? &limit : NULL, waiter->mask);
    strcpy(waiter->text, shown(result));
}

static void wait_by_epoll(struct waiter *waiter) {
    struct epoll_event event = {.events = EPOLLIN};
    int epoll = epoll_create1(0), result;
    for (int at = 0; at < waiter->count; at++)
        epoll_ctl(epoll, EPOLL_CTL_ADD, waiter->numbers[at], &event);
    waiter->id = syscall(SYS_gettid);
    if (strcmp(waiter->call, "epoll_wait") == 0)
        result = epoll_wait(epoll, &event, 1, waiter->limit_ms);
    else
        result = epoll_pwait(epoll, &event, 1, waiter->limit_ms, waiter->mask);
    strcpy(waiter->text, shown(result));
    close(epoll);
}

static void *run_waiter(void *argument) {
    struct waiter *waiter = argument;
    if (strncmp(waiter->call, "epoll", 5) == 0) {
        wait_by_epoll(waiter);
        return NULL;
    }
    waiter->id = syscall(SYS_gettid);
    if (strstr(waiter->call, "poll") != NULL)
        wait_by_poll(waiter);
    else
        wait_by_select(waiter);
    return NULL;
}

static void start(struct waiter *waiter, const char *call, const int *numbers, int count) {
    waiter->call = call;
    waiter->numbers = numbers;
    waiter->count = count;
    if (waiter->limit_ms == 0)
        waiter->limit_ms = -1;
    waiter->id = 0;
    pthread_create(&waiter->thread, NULL, run_waiter, waiter);
}

static const char *ended(struct waiter *waiter) {
    return has_ended(waiter->thread, patience) ? waiter->text : "waits";
}

#endif

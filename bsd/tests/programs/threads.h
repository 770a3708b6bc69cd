/* Threads that wait in calls: when they have got there, and when they end. */
#ifndef THREADS_H
#define THREADS_H

#include "sockets.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>

enum { LONGEST_MS = 20000 };

static long long now_us(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

/* Whether a thread sleeps, or has ended: `stat_file` is its file in /proc. Reads it without a stream: a thread that sleeps in fclose
   holds the list of streams. */
static int sleeps(const char *stat_file) {
    char text[512];
    int file = open(stat_file, O_RDONLY);
    if (file < 0)
        return 1;
    long length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0)
        return 1;
    text[length] = 0;
    return strrchr(text, ')')[2] == 'S';
}

/* Waits until a thread sleeps in its call. Its number is 0 until it has begun. */
static void wait_until_it_sleeps(const atomic_int *id) {
    char path[64];
    for (int tries = 0; tries < LONGEST_MS; tries++) {
        int number = *id;
        usleep(1000);
        snprintf(path, sizeof path, "/proc/self/task/%d/stat", number);
        if (number != 0 && sleeps(path))
            return;
    }
}

/* Whether a thread ends within this time. */
static int has_ended(pthread_t thread, int ms) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    long long ns = until.tv_nsec + ms * 1000000LL;
    until.tv_sec += ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    return pthread_timedjoin_np(thread, NULL, &until) == 0;
}

#endif

/* What the tests of servers share: numbers that callbacks change, and descriptors that run out. */
#ifndef COUNTING_H
#define COUNTING_H

#include "harness.h"
#include <sys/resource.h>

/* A mutex, which helgrind understands. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static UNUSED int add(int *place, int n)
{
    pthread_mutex_lock(&lock);
    int now = *place += n;
    pthread_mutex_unlock(&lock);
    return now;
}

#define READ(place) add(&(place), 0)

/* Waits until a condition holds, at most 20 seconds. */
#define WAIT_UNTIL(condition)                                                                     \
    do {                                                                                     \
        long long end_ = now_us() + 20 * 1000000LL;                                          \
        while (!(condition) && now_us() < end_)                                              \
            sleep_1ms();                                                                       \
        CHECK(condition);                                                                    \
    } while (0)

/* Takes all descriptors that are left below a low limit, and returns how many. */
static UNUSED int take_all_descriptors(int filler[64], struct rlimit *before)
{
    int n = 0;
    MUST(getrlimit(RLIMIT_NOFILE, before));
    struct rlimit low = {50, before->rlim_max};
    MUST(setrlimit(RLIMIT_NOFILE, &low));
    while (n < 64 && (filler[n] = dup(0)) >= 0)
        n++;
    return n;
}

static UNUSED void give_back(int filler[64], int taken, const struct rlimit *before)
{
    MUST(setrlimit(RLIMIT_NOFILE, before));
    while (taken > 0)
        close(filler[--taken]);
}

#endif

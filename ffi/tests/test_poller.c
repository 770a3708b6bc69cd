/* Poller: registrations, the ready ones, modes, wake-ups, threads. */
#include "harness.h"
#include <fcntl.h>

enum { MANY = 200 };

TEST(only_the_ready_ones)
{
    polysock_poller *p;
    polysock_t *a[MANY], *b[MANY];
    polysock_event events[64];
    MUST(polysock_poller_new(&p));
    for (int i = 0; i < MANY; i++) {
        MUST(polysock_socketpair(&a[i], &b[i], POLYSOCK_SOCK_STREAM));
        CHECK_IS(polysock_poller_add(p, b[i], (uint64_t)i + ((uint64_t)1 << 40), POLYSOCK_POLLIN, POLYSOCK_POLL_LEVEL), 0);
    }
    CHECK_IS(polysock_poller_wait(p, events, 64, 0), 0);
    CHECK_IS(polysock_poller_wait(p, events, 64, 1), 0);
    CHECK_IS(polysock_sendall(a[17], "x", 1, NULL, 1000), 0);
    memset(events, 0xee, sizeof events);
    CHECK_IS(polysock_poller_wait(p, events, 64, 20000), 1);
    CHECK(events[0].token == 17 + ((uint64_t)1 << 40) && events[0].events == POLYSOCK_POLLIN && events[0].reserved == 0);
    CHECK(events[1].events == (int)0xeeeeeeee);
    for (int i = 0; i < MANY; i++)
        CHECK_IS(polysock_sendall(a[i], "x", 1, NULL, 1000), 0);
    CHECK_IS(polysock_poller_wait(p, events, 64, 20000), 64);
    CHECK_IS(polysock_poller_wait(p, events, 1, 20000), 1);
    /* Closed ones are silent. */
    for (int i = 1; i < MANY; i++)
        polysock_free(b[i]);
    CHECK_IS(polysock_poller_wait(p, events, 64, 20000), 1);
    CHECK_IS(events[0].token, (uint64_t)1 << 40);
    polysock_free(b[0]);
    CHECK_IS(polysock_poller_wait(p, events, 64, 0), 0);
    for (int i = 0; i < MANY; i++)
        polysock_free(a[i]);
    polysock_poller_free(p);
}

TEST(modes_and_changes)
{
    polysock_poller *p;
    polysock_t *a, *b;
    polysock_event e;
    MUST(polysock_poller_new(&p));
    make_pair(&a, &b);
    CHECK_IS(polysock_poller_add(p, b, 1, POLYSOCK_POLLIN, POLYSOCK_POLL_ONESHOT), 0);
    CHECK_IS(polysock_poller_add(p, b, 1, POLYSOCK_POLLIN, POLYSOCK_POLL_LEVEL), POLYSOCK_EEXIST);
    CHECK_IS(polysock_sendall(a, "x", 1, NULL, 1000), 0);
    CHECK_IS(polysock_poller_wait(p, &e, 1, 20000), 1);
    CHECK_IS(polysock_poller_wait(p, &e, 1, 0), 0);
    CHECK_IS(polysock_poller_modify(p, b, 2, POLYSOCK_POLLIN | POLYSOCK_POLLOUT, POLYSOCK_POLL_LEVEL), 0);
    CHECK_IS(polysock_poller_wait(p, &e, 1, 20000), 1);
    CHECK(e.token == 2 && e.events == (POLYSOCK_POLLIN | POLYSOCK_POLLOUT));
    CHECK_IS(polysock_poller_wait(p, &e, 1, 20000), 1);
    CHECK_IS(polysock_poller_modify(p, b, 3, POLYSOCK_POLLIN, POLYSOCK_POLL_EDGE), 0);
    CHECK_IS(polysock_poller_wait(p, &e, 1, 20000), 1);
    CHECK_IS(polysock_poller_wait(p, &e, 1, 0), 0);
    CHECK_IS(polysock_sendall(a, "y", 1, NULL, 1000), 0);
    CHECK_IS(polysock_poller_wait(p, &e, 1, 20000), 1);
    CHECK_IS(e.token, 3);
    CHECK_IS(polysock_poller_remove(p, b), 0);
    CHECK_IS(polysock_poller_remove(p, b), POLYSOCK_ENOENT);
    CHECK_IS(polysock_poller_modify(p, b, 3, POLYSOCK_POLLIN, POLYSOCK_POLL_EDGE), POLYSOCK_ENOENT);
    polysock_close(b);
    CHECK_IS(polysock_poller_add(p, b, 1, POLYSOCK_POLLIN, POLYSOCK_POLL_LEVEL), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_poller_remove(p, b), POLYSOCK_ECLOSED);
    polysock_free(b);
    polysock_free(a);
    polysock_poller_free(p);
}

TEST(descriptors)
{
    polysock_poller *p;
    polysock_event e;
    int pipes[2];
    MUST(polysock_poller_new(&p));
    if (!CHECK(pipe(pipes) == 0))
        return;
    CHECK_IS(polysock_poller_add_fd(p, pipes[0], 5, POLYSOCK_POLLIN, POLYSOCK_POLL_LEVEL), 0);
    CHECK_IS(polysock_poller_add_fd(p, pipes[0], 5, POLYSOCK_POLLIN, POLYSOCK_POLL_LEVEL), POLYSOCK_EEXIST);
    CHECK_IS(polysock_poller_wait(p, &e, 1, 0), 0);
    CHECK(write(pipes[1], "y", 1) == 1);
    CHECK_IS(polysock_poller_wait(p, &e, 1, 20000), 1);
    CHECK_IS(e.token, 5);
    CHECK_IS(polysock_poller_modify_fd(p, pipes[0], 6, POLYSOCK_POLLIN, POLYSOCK_POLL_LEVEL), 0);
    CHECK_IS(polysock_poller_wait(p, &e, 1, 20000), 1);
    CHECK_IS(e.token, 6);
    CHECK_IS(polysock_poller_remove_fd(p, pipes[0]), 0);
    CHECK_IS(polysock_poller_remove_fd(p, pipes[0]), POLYSOCK_ENOENT);
    CHECK_IS(polysock_poller_modify_fd(p, pipes[0], 6, POLYSOCK_POLLIN, POLYSOCK_POLL_LEVEL), POLYSOCK_ENOENT);
    CHECK_IS(polysock_poller_wait(p, &e, 1, 0), 0);
    CHECK_IS(polysock_poller_add_fd(p, -1, 5, POLYSOCK_POLLIN, POLYSOCK_POLL_LEVEL), POLYSOCK_EBADF);
    CHECK_IS(polysock_poller_add_fd(p, 999999, 5, POLYSOCK_POLLIN, POLYSOCK_POLL_LEVEL), POLYSOCK_EBADF);
    int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    CHECK_IS(polysock_poller_add_fd(p, file, 5, POLYSOCK_POLLIN, POLYSOCK_POLL_LEVEL), POLYSOCK_EPERM);
    close(file);
    close(pipes[0]);
    close(pipes[1]);
    polysock_poller_free(p);
}

struct waiting {
    polysock_poller *p;
    int result;
};

static void do_wait(void *argument)
{
    struct waiting *waiting = argument;
    polysock_event e;
    waiting->result = polysock_poller_wait(waiting->p, &e, 1, POLYSOCK_INFINITE);
}

/* The thread sleeps in epoll_wait. */
static void start_waiting(struct worker *worker, struct waiting *waiting)
{
    char path[64], text[64] = "";
    start(worker, do_wait, waiting);
    snprintf(path, sizeof path, "/proc/self/task/%d/wchan", (int)worker->tid);
    for (long long end = now_us() + 20 * 1000000LL; now_us() < end; sleep_1ms()) {
        FILE *file = fopen(path, "r");
        if (file == NULL || fgets(text, sizeof text, file) == NULL)
            text[0] = '\0';
        if (file != NULL)
            fclose(file);
        if (strstr(text, "poll") != NULL || text[0] == '0') /* some systems report nothing: then it is only likely */
            return;
    }
}

TEST(wake_close_and_free_end_waits)
{
    struct waiting waiting = {NULL, 99};
    struct worker worker;
    polysock_event e;
    MUST(polysock_poller_new(&waiting.p));
    start_waiting(&worker, &waiting);
    CHECK_IS(polysock_poller_wake(waiting.p), 0);
    join(&worker);
    CHECK_IS(waiting.result, 0);
    CHECK_IS(polysock_poller_wake(waiting.p), 0); /* the next wait */
    CHECK_IS(polysock_poller_wait(waiting.p, &e, 1, POLYSOCK_DEFAULT), 0);
    start_waiting(&worker, &waiting);
    CHECK_IS(polysock_poller_close(waiting.p), 0);
    join(&worker);
    CHECK_IS(waiting.result, POLYSOCK_ECLOSED);
    CHECK_IS(polysock_poller_close(waiting.p), 0);
    CHECK_IS(polysock_poller_wake(waiting.p), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_poller_wait(waiting.p, &e, 1, 0), POLYSOCK_ECLOSED);
    CHECK_IS(polysock_poller_add_fd(waiting.p, 0, 1, POLYSOCK_POLLIN, POLYSOCK_POLL_LEVEL), POLYSOCK_ECLOSED);
    polysock_poller_free(waiting.p);
    MUST(polysock_poller_new(&waiting.p));
    waiting.result = 99;
    start_waiting(&worker, &waiting);
    if (CHECK(__atomic_load_n(&worker.ended, __ATOMIC_SEQ_CST) == 0)) {
        /* It is inside, so the memory stays until it has left. */
        CHECK_IS(polysock_poller_close(waiting.p), 0);
        join(&worker);
        CHECK_IS(waiting.result, POLYSOCK_ECLOSED);
    }
    polysock_poller_free(waiting.p);
}

TEST(deadline)
{
    polysock_poller *p;
    polysock_event e;
    MUST(polysock_poller_new(&p));
    long long began = now_us();
    CHECK_IS(polysock_poller_wait(p, &e, 1, 60), 0);
    CHECK_TOOK(began, 60, 10000 * SLOWNESS);
    polysock_poller_free(p);
}

TEST(misuse)
{
    polysock_poller *p;
    polysock_event e;
    polysock_t *s;
    MUST(polysock_poller_new(&p));
    MUST(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    REFUSED(polysock_poller_new(NULL), "out is NULL");
    REFUSED(polysock_poller_add(NULL, s, 0, POLYSOCK_POLLIN, 0), "p is NULL");
    REFUSED(polysock_poller_add(p, NULL, 0, POLYSOCK_POLLIN, 0), "s is NULL");
    REFUSED(polysock_poller_add(p, s, 0, POLYSOCK_POLLIN, 3), "mode");
    REFUSED(polysock_poller_add(p, s, 0, POLYSOCK_POLLIN, -1), "mode");
    REFUSED(polysock_poller_add(p, s, 0, 1 << 16, 0), "events");
    REFUSED(polysock_poller_add(p, s, 0, -2147483647 - 1, 0), "events");
    REFUSED(polysock_poller_modify(NULL, s, 0, POLYSOCK_POLLIN, 0), "p is NULL");
    REFUSED(polysock_poller_modify(p, NULL, 0, POLYSOCK_POLLIN, 0), "s is NULL");
    REFUSED(polysock_poller_modify(p, s, 0, POLYSOCK_POLLIN, 9), "mode");
    REFUSED(polysock_poller_remove(NULL, s), "p is NULL");
    REFUSED(polysock_poller_remove(p, NULL), "s is NULL");
    REFUSED(polysock_poller_add_fd(NULL, 0, 0, 0, 0), "p is NULL");
    REFUSED(polysock_poller_add_fd(p, 0, 0, 0, 7), "mode");
    REFUSED(polysock_poller_modify_fd(NULL, 0, 0, 0, 0), "p is NULL");
    REFUSED(polysock_poller_modify_fd(p, 0, 0, 1 << 20, 0), "events");
    REFUSED(polysock_poller_remove_fd(NULL, 0), "p is NULL");
    REFUSED(polysock_poller_wait(NULL, &e, 1, 0), "p is NULL");
    REFUSED(polysock_poller_wait(p, NULL, 1, 0), "events is NULL");
    REFUSED(polysock_poller_wait(p, &e, 0, 0), "events");
    REFUSED(polysock_poller_wait(p, &e, 1, -3), "timeout_ms");
    REFUSED(polysock_poller_wake(NULL), "p is NULL");
    REFUSED(polysock_poller_close(NULL), "p is NULL");
    CHECK_IS(polysock_poller_wait(p, &e, SIZE_MAX, 0), 0); /* no more than 256 are looked at */
    polysock_poller_free(NULL);
    polysock_free(s);
    polysock_poller_free(p);
}

int main(void)
{
    RUN(only_the_ready_ones);
    RUN(modes_and_changes);
    RUN(descriptors);
    RUN(wake_close_and_free_end_waits);
    RUN(deadline);
    RUN(misuse);
    return report();
}

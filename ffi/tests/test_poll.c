/* poll: handles and descriptors, closed ones, deadlines, signals. */
#include "harness.h"

TEST(handles_and_descriptors)
{
    polysock_t *a, *b;
    int pipes[2];
    char byte;
    make_pair(&a, &b);
    if (!CHECK(pipe(pipes) == 0))
        return;
    polysock_pollfd set[] = {
        {.socket = b, .events = POLYSOCK_POLLIN},
        {.fd = pipes[0], .events = POLYSOCK_POLLIN},
        {.fd = -1, .events = POLYSOCK_POLLIN},
        {.socket = a, .events = POLYSOCK_POLLOUT},
        {.fd = 999999, .events = POLYSOCK_POLLIN},
    };
    CHECK_IS(polysock_poll(set, 3, 0), 0);
    for (int i = 0; i < 5; i++)
        set[i].revents = 77;
    CHECK_IS(polysock_sendall(a, "x", 1, NULL, 1000), 0);
    CHECK(write(pipes[1], "y", 1) == 1);
    set[2].revents = 77;
    CHECK_IS(polysock_poll(set, 1, 20000), 1);
    CHECK_IS(set[1].revents, 77); /* not of this call */
    CHECK_IS(polysock_poll(set, 5, 20000), 4);
    CHECK_IS(set[0].revents, POLYSOCK_POLLIN);
    CHECK_IS(set[1].revents, POLYSOCK_POLLIN);
    CHECK_IS(set[2].revents, 0);
    CHECK_IS(set[3].revents, POLYSOCK_POLLOUT);
    CHECK_IS(set[4].revents, POLYSOCK_POLLNVAL);
    CHECK(set[0].socket == b && set[1].fd == pipes[0] && set[0].events == POLYSOCK_POLLIN);
    /* A vanished peer. */
    CHECK_IS(polysock_recv(b, &byte, 1, 0, 1000), 1);
    polysock_free(a);
    set[0].events = POLYSOCK_POLLIN | POLYSOCK_POLLRDHUP;
    CHECK_IS(polysock_poll(set, 1, 20000), 1);
    CHECK_IS(set[0].revents, POLYSOCK_POLLIN | POLYSOCK_POLLRDHUP);
    close(pipes[0]);
    close(pipes[1]);
    polysock_free(b);
}

TEST(closed_handles)
{
    polysock_t *a, *b;
    make_pair(&a, &b);
    polysock_close(a);
    polysock_pollfd set[] = {{.socket = a, .events = POLYSOCK_POLLIN}, {.socket = b, .events = 0}};
    CHECK(polysock_poll(set, 2, POLYSOCK_INFINITE) >= 1);
    CHECK_IS(set[0].revents, POLYSOCK_POLLNVAL);
    polysock_free(a);
    polysock_free(b);
}

static void do_poll(void *argument)
{
    polysock_pollfd *set = argument;
    CHECK_IS(polysock_poll(set, 2, POLYSOCK_INFINITE), 1);
}

TEST(close_ends_the_wait)
{
    polysock_t *a, *b;
    struct worker worker;
    make_pair(&a, &b);
    polysock_pollfd set[] = {{.socket = a, .events = POLYSOCK_POLLIN}, {.socket = b, .events = POLYSOCK_POLLPRI}};
    start_blocked(&worker, do_poll, set);
    CHECK_IS(polysock_close(a), 0);
    join(&worker);
    CHECK_IS(set[0].revents, POLYSOCK_POLLNVAL);
    CHECK_IS(set[1].revents, 0);
    polysock_free(a);
    polysock_free(b);
}

TEST(free_ends_the_wait_and_leaves_the_memory)
{
    polysock_t *a, *b;
    struct worker worker;
    make_pair(&a, &b);
    polysock_pollfd set[] = {{.socket = a, .events = POLYSOCK_POLLIN}, {.socket = b, .events = POLYSOCK_POLLPRI}};
    start_blocked(&worker, do_poll, set);
    polysock_free(a);
    join(&worker);
    CHECK_IS(set[0].revents, POLYSOCK_POLLNVAL);
    polysock_free(b);
}

static void ignore(int number)
{
    (void)number;
}

static void do_timed_poll(void *argument)
{
    polysock_pollfd *set = argument;
    long long began = now_us();
    CHECK_IS(polysock_poll(set, 1, 150), 0);
    CHECK_TOOK(began, 150, 10000 * SLOWNESS);
}

TEST(signals_do_not_end_it)
{
    polysock_t *a, *b;
    struct worker worker;
    struct sigaction action, old;
    memset(&action, 0, sizeof action);
    action.sa_handler = ignore;
    sigaction(SIGUSR1, &action, &old);
    make_pair(&a, &b);
    polysock_pollfd set[] = {{.socket = a, .events = POLYSOCK_POLLIN}};
    start(&worker, do_timed_poll, set);
    for (int i = 0; i < 20 && !__atomic_load_n(&worker.ended, __ATOMIC_SEQ_CST); i++, sleep_1ms())
        pthread_kill(worker.thread, SIGUSR1);
    join(&worker);
    sigaction(SIGUSR1, &old, NULL);
    polysock_free(a);
    polysock_free(b);
}

TEST(misuse)
{
    polysock_pollfd set[] = {{.fd = -1, .events = POLYSOCK_POLLIN, .revents = 55}};
    CHECK_IS(polysock_poll(NULL, 0, 0), 0);
    CHECK_IS(polysock_poll(NULL, 1, 0), POLYSOCK_EINVAL);
    CHECK_TEXT(polysock_last_detail(), "poll: set is NULL");
    CHECK_IS(polysock_poll(set, SIZE_MAX, 0), POLYSOCK_EINVAL);
    CHECK_IS(polysock_poll(set, SIZE_MAX / 24, 0), POLYSOCK_EINVAL);
    CHECK(strstr(polysock_last_detail(), "POLYSOCK_POLL_MAX") != NULL);
    CHECK_IS(polysock_poll(set, 1, -3), POLYSOCK_EINVAL);
    set[0].reserved = 1;
    CHECK_IS(polysock_poll(set, 1, 0), POLYSOCK_EINVAL);
    CHECK(strstr(polysock_last_detail(), "reserved") != NULL);
    CHECK_IS(set[0].revents, 55);
}

int main(void)
{
    RUN(handles_and_descriptors);
    RUN(closed_handles);
    RUN(close_ends_the_wait);
    RUN(free_ends_the_wait_and_leaves_the_memory);
    RUN(signals_do_not_end_it);
    RUN(misuse);
    return report();
}

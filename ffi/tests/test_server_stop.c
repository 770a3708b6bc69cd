/* How a callback server ends: stopped from anywhere, freed, with callbacks that do not return. */
#include "server_harness.h"

TEST(a_callback_may_stop_its_server)
{
    struct shared shared;
    polysock_addr a;
    polysock_t *listener = start_server(&shared, 4, &a);
    polysock_t *client = send_command(&a, "s");
    expect_text(client, "bye");
    expect_end(client);
    CHECK_IS(polysock_server_wait(shared.server, 20000), 0);
    end_server(&shared, listener);
}

TEST(a_callback_may_free_its_server)
{
    struct shared shared;
    polysock_addr a;
    polysock_t *listener = start_server(&shared, 4, &a);
    polysock_t *client = send_command(&a, "r");
    expect_text(client, "bye");
    expect_end(client);
    WAIT_UNTIL(READ(shared.released) == 1);
    polysock_free(listener);
#ifdef __linux__
    /* The thread itself, which is not joined. */
    for (long long end = now_us() + 20 * 1000000LL; now_us() < end; sleep_1ms()) {
        int tasks = 0;
        DIR *directory = opendir("/proc/self/task");
        while (directory != NULL && readdir(directory) != NULL)
            tasks++;
        if (directory != NULL)
            closedir(directory);
        if (tasks <= 3) /* ".", ".." and this one */
            break;
    }
#endif
}

TEST(stop_wakes_callbacks_when_time_is_up)
{
    struct shared shared;
    polysock_addr a;
    size_t running = 99;
    polysock_t *listener = start_server(&shared, 4, &a);
    polysock_t *one = send_command(&a, "x"), *other = send_command(&a, "x");
    expect_text(one, "x");
    expect_text(other, "x");
    long long began = now_us();
    CHECK_IS(polysock_server_stop(shared.server, 50, &running), 0);
    CHECK_TOOK(began, 50, 1000 + 1000 * SLOWNESS);
    CHECK_IS(running, 0);
    expect_end(one);
    expect_end(other);
    CHECK_IS(shared.errors, 0); /* POLYSOCK_ECLOSED is no failure then */
    CHECK_IS(polysock_server_stop(shared.server, POLYSOCK_DEFAULT, NULL), 0);
    end_server(&shared, listener);
}

TEST(stop_reports_callbacks_that_do_not_return)
{
    struct shared shared;
    polysock_addr a;
    size_t running = 99;
    polysock_t *listener = start_server(&shared, 4, &a);
    polysock_t *client = send_command(&a, "d");
    WAIT_UNTIL(polysock_server_connections(shared.server) == 1 && READ(shared.calls) == 1);
    long long began = now_us();
    CHECK_IS(polysock_server_stop(shared.server, 0, &running), 0);
    CHECK_TOOK(began, 900, 3000 * SLOWNESS);
    CHECK_IS(running, 1);
    expect_end(client);
    polysock_server_free(shared.server);
    polysock_free(listener);
    CHECK_IS(READ(shared.released), 0);
    add(&shared.may_return, 1);
    WAIT_UNTIL(READ(shared.released) == 1);
}

static void stop_server(void *argument)
{
    struct shared *shared = argument;
    size_t running = 99;
    CHECK_IS(polysock_server_stop(shared->server, 20, &running), 0);
    CHECK_IS(running, 0);
}

static void wait_for_server(void *argument)
{
    struct shared *shared = argument;
    CHECK_IS(polysock_server_wait(shared->server, POLYSOCK_INFINITE), 0);
}

TEST(several_threads_may_stop_and_wait)
{
    struct shared shared;
    struct worker stoppers[3], waiter;
    polysock_addr a;
    polysock_t *listener = start_server(&shared, 4, &a);
    polysock_t *client = send_command(&a, "x");
    expect_text(client, "x");
    CHECK_IS(polysock_server_wait(shared.server, 0), POLYSOCK_EAGAIN);
    CHECK_IS(polysock_server_wait(shared.server, 1), POLYSOCK_ETIMEDOUT);
    start_blocked(&waiter, wait_for_server, &shared);
    for (int i = 0; i < 3; i++)
        start(&stoppers[i], stop_server, &shared);
    for (int i = 0; i < 3; i++)
        join(&stoppers[i]);
    join(&waiter);
    expect_end(client);
    end_server(&shared, listener);
}

int main(void)
{
    RUN(a_callback_may_stop_its_server);
    RUN(a_callback_may_free_its_server);
    RUN(stop_wakes_callbacks_when_time_is_up);
    RUN(stop_reports_callbacks_that_do_not_return);
    RUN(several_threads_may_stop_and_wait);
    return report();
}

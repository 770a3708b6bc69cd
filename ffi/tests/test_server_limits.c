/* Time limits of a callback server, and its counters. */
#include "server_harness.h"

/* Sends back what comes, as long as the connection's own timeout allows. */
static int echo_until_timeout(polysock_t *connection, const polysock_addr *peer, void *user)
{
    char c;
    ssize_t n;
    (void)peer;
    (void)user;
    while ((n = polysock_recv(connection, &c, 1, 0, POLYSOCK_DEFAULT)) > 0)
        CHECK_IS(polysock_sendall(connection, &c, 1, NULL, POLYSOCK_DEFAULT), 0);
    return (int)n;
}

/* Silent clients would otherwise use all connections for ever; one report a second is enough for all of them. */
TEST(idle_connections_are_closed)
{
    struct shared shared = {.calls = 0};
    polysock_addr a;
    polysock_t *silent[4];
    polysock_server_options options = POLYSOCK_SERVER_OPTIONS_INITIALIZER;
    polysock_t *listener = make_listener("127.0.0.1", &a);
    options.max_connections = 4;
    options.on_error = record_error;
    options.release = count_release;
    options.idle_timeout_ms = 150;
    MUST(polysock_server_start(&shared.server, listener, echo_until_timeout, &shared, &options));
    long long began = now_us();
    for (int i = 0; i < 4; i++)
        silent[i] = connect_to(&a);
    for (int i = 0; i < 4; i++)
        expect_end(silent[i]);
    CHECK(now_us() - began >= 150000);
    WAIT_UNTIL(stats_of(shared.server).handled == 4);
    CHECK_IS(stats_of(shared.server).idle_timeouts, 4);
    CHECK(READ(shared.errors) >= 1 && READ(shared.errors) < 4);
    CHECK_IS(shared.last_error, POLYSOCK_ETIMEDOUT);
    end_server(&shared, listener);
}

TEST(the_connection_of_a_slow_callback_is_closed)
{
    struct shared shared = {.calls = 0};
    polysock_addr a;
    polysock_server_options options = POLYSOCK_SERVER_OPTIONS_INITIALIZER;
    polysock_t *listener = make_listener("127.0.0.1", &a);
    options.max_connections = 2;
    options.on_error = record_error;
    options.release = count_release;
    options.handler_timeout_ms = 150;
    MUST(polysock_server_start(&shared.server, listener, serve_commands, &shared, &options));
    long long began = now_us();
    polysock_t *waiting = connect_to(&a), *elsewhere = send_command(&a, "d");
    expect_end(waiting);
    expect_end(elsewhere);
    CHECK(now_us() - began >= 150000);
    WAIT_UNTIL(polysock_server_connections(shared.server) == 1);
    add(&shared.may_return, 1);
    WAIT_UNTIL(stats_of(shared.server).handled == 2);
    CHECK_IS(stats_of(shared.server).handler_timeouts, 2);
    CHECK_IS(READ(shared.errors), 0);
    end_server(&shared, listener);
}

TEST(resets_are_counted_and_reported_once_a_second)
{
    struct shared shared;
    polysock_addr a;
    polysock_t *listener = start_server(&shared, 4, &a);
    long long began = now_us();
    for (uint64_t i = 1; i <= 20; i++) {
        polysock_t *s = connect_to(&a);
        WAIT_UNTIL(READ(shared.calls) == (int)i);
        CHECK_IS(polysock_abort(s), 0);
        polysock_free(s);
        WAIT_UNTIL(stats_of(shared.server).handled == i);
    }
    CHECK_IS(stats_of(shared.server).resets, 20);
    CHECK(READ(shared.errors) >= 1 && READ(shared.errors) <= 1 + (now_us() - began) / 1000000);
    CHECK(READ(shared.errors) < 20);
    CHECK_IS(shared.last_error, POLYSOCK_ECONNRESET);
    end_server(&shared, listener);
}

int main(void)
{
    RUN(idle_connections_are_closed);
    RUN(the_connection_of_a_slow_callback_is_closed);
    RUN(resets_are_counted_and_reported_once_a_second);
    return report();
}

/* The callback server: handling connections, reporting failures, running out of descriptors. */
#include "server_harness.h"

TEST(connections_are_handled_at_the_same_time)
{
    enum { CLIENTS = 8 };
    struct shared shared;
    polysock_addr a;
    polysock_t *clients[CLIENTS], *listener = start_server(&shared, 0, &a);
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = send_command(&a, "x");
    for (int i = 0; i < CLIENTS; i++)
        expect_text(clients[i], "x");
    CHECK_IS(polysock_server_connections(shared.server), CLIENTS);
    for (int i = 0; i < CLIENTS; i++)
        polysock_free(clients[i]);
    WAIT_UNTIL(polysock_server_connections(shared.server) == 0);
    end_server(&shared, listener);
    CHECK_IS(shared.calls, CLIENTS);
    CHECK_IS(shared.errors + shared.accept_errors, 0);
}

TEST(connections_beyond_the_maximum_wait)
{
    struct shared shared;
    polysock_addr a;
    polysock_t *listener = start_server(&shared, 1, &a);
    polysock_t *first = send_command(&a, "x"), *second = send_command(&a, "y");
    expect_text(first, "x");
    CHECK_IS(polysock_server_connections(shared.server), 1);
    CHECK_IS(READ(shared.calls), 1);
    polysock_free(first);
    expect_text(second, "y");
    polysock_free(second);
    end_server(&shared, listener);
}

TEST(failures_of_callbacks_are_reported)
{
    struct shared shared;
    polysock_addr a;
    polysock_t *listener = start_server(&shared, 4, &a);
    polysock_t *other = send_command(&a, "x");
    expect_text(other, "x");
    for (int i = 1; i <= 3; i++) {
        expect_end(send_command(&a, "f"));
        WAIT_UNTIL(READ(shared.errors) == i);
        CHECK_IS(READ(shared.last_error), 77);
    }
    CHECK_IS(polysock_sendall(other, "y", 1, NULL, 10000), 0);
    expect_text(other, "y");
    /* A peer that resets: the code is the library's own. */
    CHECK_IS(polysock_abort(other), 0);
    polysock_free(other);
    WAIT_UNTIL(READ(shared.last_error) == POLYSOCK_ECONNRESET);
    end_server(&shared, listener);
    CHECK_IS(shared.errors, 4);
}

TEST(a_callback_may_close_or_keep_its_connection)
{
    struct shared shared;
    polysock_addr a;
    polysock_t *listener = start_server(&shared, 4, &a);
    expect_end(send_command(&a, "c"));
    polysock_t *client = send_command(&a, "k");
    WAIT_UNTIL(READ(shared.kept_count) == 1);
    end_server(&shared, listener);
    CHECK_IS(polysock_sendall(shared.kept, "kept", 4, NULL, 10000), 0);
    expect_text(client, "kept");
    polysock_free(shared.kept);
    expect_end(client);
    CHECK_IS(shared.errors, 0);
}

TEST(the_peer_gets_the_whole_answer_despite_unread_input)
{
    struct shared shared;
    polysock_addr a;
    polysock_t *listener = start_server(&shared, 4, &a);
    /* Unread input: still an end of stream, not a reset. */
    for (int i = 0; i < 20; i++)
        expect_end(send_command(&a, "fnobody reads this"));
    end_server(&shared, listener);
    CHECK_IS(shared.errors, 20);
}

TEST(freeing_the_listener_only_ends_accepting)
{
    struct shared shared;
    polysock_addr a;
    polysock_t *listener = start_server(&shared, 4, &a);
    polysock_t *client = send_command(&a, "x");
    expect_text(client, "x");
    polysock_free(listener); /* ends accepting, and that is all */
    CHECK_IS(polysock_server_wait(shared.server, 20000), 0);
    CHECK_IS(polysock_sendall(client, "y", 1, NULL, 10000), 0);
    expect_text(client, "y");
    polysock_free(client);
    end_server(&shared, NULL);
}

/* Connections wait, and on_error gets a description. */
static int run_without_descriptors(void)
{
    struct shared shared;
    polysock_addr a;
    struct rlimit limit;
    int filler[64], n, clients = 4;
    polysock_t *client[4], *listener = start_server(&shared, 8, &a);
    for (int i = 0; i < clients; i++)
        MUST(polysock_socket(&client[i], POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    n = take_all_descriptors(filler, &limit);
    for (int i = 0; i < clients; i++) {
        CHECK_IS(polysock_connect(client[i], &a, 10000), 0);
        CHECK_IS(polysock_sendall(client[i], "x", 1, NULL, 10000), 0);
    }
    WAIT_UNTIL(READ(shared.accept_errors) >= 4);
    CHECK_IS(READ(shared.last_error), POLYSOCK_EMFILE);
    CHECK(strstr(shared.detail, "accept") != NULL);
    give_back(filler, n, &limit);
    for (int i = 0; i < clients; i++) {
        expect_text(client[i], "x");
        polysock_free(client[i]);
    }
    end_server(&shared, listener);
    CHECK_IS(shared.errors, 0);
    return test_fails != 0;
}

TEST(without_descriptors_connections_wait)
{
    pid_t child = fork();
    if (child == 0)
        _exit(run_without_descriptors());
    CHECK_IS(wait_child(child), 0);
}

/* No lock: polysock_server_start() promises that its variable is set. */
static int check_server(polysock_t *connection, const polysock_addr *peer, void *user)
{
    struct shared *shared = user;
    (void)connection, (void)peer;
    if (shared->server == NULL)
        COUNT(errors);
    COUNT(calls);
    return 0;
}

static void check_server_on_error(int code, const polysock_addr *peer, void *user)
{
    struct shared *shared = user;
    (void)code, (void)peer;
    if (shared->server == NULL)
        COUNT(errors);
    COUNT(accept_errors);
}

static int start_under_connections(void)
{
    struct shared shared = {0};
    polysock_server_options options = POLYSOCK_SERVER_OPTIONS_INITIALIZER;
    polysock_addr a;
    polysock_t *listener = make_listener("127.0.0.1", &a), *client = connect_to(&a);
    struct rlimit limit;
    int filler[64], n = take_all_descriptors(filler, &limit);
    options.on_error = check_server_on_error;
    options.release = count_release;
    CHECK_IS(polysock_server_start(&shared.server, listener, check_server, &shared, &options), 0);
    WAIT_UNTIL(READ(shared.accept_errors) >= 1);
    give_back(filler, n, &limit);
    WAIT_UNTIL(READ(shared.calls) == 1);
    end_server(&shared, listener);
    CHECK_IS(shared.errors, 0);
    expect_end(client);
    return test_fails != 0;
}

TEST(the_first_callback_finds_the_server)
{
    pid_t child = fork();
    if (child == 0)
        _exit(start_under_connections());
    CHECK_IS(wait_child(child), 0);
}

TEST(misuse_is_refused)
{
    polysock_server_stats stats = {sizeof stats, 0, 0, 0, 0};
    struct shared shared = {0};
    polysock_server *srv = NULL;
    polysock_server_options options = POLYSOCK_SERVER_OPTIONS_INITIALIZER;
    polysock_addr a;
    size_t running = 99;
    polysock_t *listener = make_listener("127.0.0.1", &a), *plain;
    MUST(polysock_socket(&plain, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    options.release = count_release;
    REFUSED(polysock_server_start(NULL, listener, serve_commands, &shared, NULL), "out is NULL");
    REFUSED(polysock_server_start(&srv, NULL, serve_commands, &shared, NULL), "listener is NULL");
    REFUSED(polysock_server_start(&srv, listener, NULL, &shared, NULL), "fn is NULL");
    REFUSED(polysock_server_start(&srv, plain, serve_commands, &shared, &options), "server_start: Invalid argument: the socket is not listening: call listen() first");
    options.size--;
    REFUSED(polysock_server_start(&srv, listener, serve_commands, &shared, &options), "too small");
    options.size += 2;
    REFUSED(polysock_server_start(&srv, listener, serve_commands, &shared, &options), "newer");
    options.size = sizeof options;
    CHECK_IS(polysock_close(plain), 0);
    CHECK_IS(polysock_server_start(&srv, plain, serve_commands, &shared, &options), POLYSOCK_ECLOSED);
    CHECK(srv == NULL);
    CHECK_IS(shared.released, 0);
    options.idle_timeout_ms = -2;
    REFUSED(polysock_server_start(&srv, listener, serve_commands, &shared, &options), "o->idle_timeout_ms");
    options.idle_timeout_ms = POLYSOCK_INFINITE;
    options.handler_timeout_ms = -2;
    REFUSED(polysock_server_start(&srv, listener, serve_commands, &shared, &options), "o->handler_timeout_ms");
    options.handler_timeout_ms = 0;
    REFUSED(polysock_server_get_stats(NULL, &stats), "srv is NULL");
    REFUSED(polysock_server_stop(NULL, 0, &running), "srv is NULL");
    REFUSED(polysock_server_wait(NULL, 0), "srv is NULL");
    CHECK_IS(polysock_server_connections(NULL), POLYSOCK_EINVAL);
    polysock_server_free(NULL);
    /* Misaligned options, and no options at all. */
    char bytes[sizeof options + 1];
    memcpy(bytes + 1, &options, sizeof options);
    CHECK_IS(polysock_server_start(&srv, listener, serve_commands, &shared, (void *)(bytes + 1)), 0);
    REFUSED(polysock_server_get_stats(srv, NULL), "out is NULL");
    stats.size--;
    REFUSED(polysock_server_get_stats(srv, &stats), "too small");
    stats.size += 2;
    REFUSED(polysock_server_get_stats(srv, &stats), "newer");
    REFUSED(polysock_server_stop(srv, -3, &running), "timeout_ms");
    REFUSED(polysock_server_wait(srv, -3), "timeout_ms");
    CHECK_IS(running, 99);
    polysock_server_free(srv);
    CHECK_IS(shared.released, 1);
    CHECK(polysock_is_closed(listener));
    polysock_free(listener);
    polysock_free(plain);
    listener = make_listener("127.0.0.1", &a);
    CHECK_IS(polysock_server_start(&srv, listener, serve_commands, NULL, NULL), 0);
    polysock_server_free(srv);
    polysock_free(listener);
}

int main(void)
{
    RUN(connections_are_handled_at_the_same_time);
    RUN(connections_beyond_the_maximum_wait);
    RUN(failures_of_callbacks_are_reported);
    RUN(a_callback_may_close_or_keep_its_connection);
    RUN(the_peer_gets_the_whole_answer_despite_unread_input);
    RUN(freeing_the_listener_only_ends_accepting);
    RUN(misuse_is_refused);
#ifndef VALGRIND /* which has a limit of its own, and closes what the kernel accepted beyond it */
    RUN(without_descriptors_connections_wait);
    RUN(the_first_callback_finds_the_server);
#endif
    return report();
}

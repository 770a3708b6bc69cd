/* The callback server: who owns what, what callbacks may do, how it ends. */
#include "harness.h"
#include <sys/resource.h>

/* What a test's callbacks share. */
struct shared {
    polysock_server *server;
    int calls, errors, last_error, accept_errors, released, keeps, open_door;
    polysock_t *kept;
    char detail[200];
};

/* A lock that helgrind knows. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int add(int *place, int n)
{
    pthread_mutex_lock(&lock);
    int now = *place += n;
    pthread_mutex_unlock(&lock);
    return now;
}

#define COUNT(member) add(&shared->member, 1)
#define LOOK(place) add(&(place), 0)

static polysock_server *server_of(struct shared *shared)
{
    pthread_mutex_lock(&lock);
    polysock_server *server = shared->server;
    pthread_mutex_unlock(&lock);
    return server;
}

/* Until a condition holds, for 20 seconds. */
#define UNTIL(condition)                                                                     \
    do {                                                                                     \
        long long end_ = now_us() + 20 * 1000000LL;                                          \
        while (!(condition) && now_us() < end_)                                              \
            breathe();                                                                       \
        CHECK(condition);                                                                    \
    } while (0)

/* Does what the client's first byte says; then sends back what comes. */
static int obey(polysock_t *connection, const polysock_addr *peer, void *user)
{
    struct shared *shared = user;
    char order, buf[64];
    size_t running = 99;
    polysock_addr same;
    ssize_t n;
    COUNT(calls);
    CHECK_IS(polysock_getpeername(connection, &same), 0);
    CHECK(polysock_addr_equal(&same, peer));
    n = polysock_recv(connection, &order, 1, 0, POLYSOCK_INFINITE);
    if (n <= 0)
        return (int)n;
    switch (order) {
    case 'f': /* fails */
        return 77;
    case 'c': /* closes its connection */
        CHECK_IS(polysock_close(connection), 0);
        return 0;
    case 'k': { /* keeps it */
        polysock_t *kept;
        int fd = polysock_detach(connection);
        CHECK_IS(polysock_from_fd(&kept, fd), 0);
        pthread_mutex_lock(&lock);
        shared->kept = kept;
        pthread_mutex_unlock(&lock);
        COUNT(keeps);
        return 0;
    }
    case 's': /* stops its server */
        CHECK_IS(polysock_server_stop(server_of(shared), POLYSOCK_INFINITE, &running), 0);
        CHECK_IS(running, 0);
        return polysock_sendall(connection, "bye", 3, NULL, 10000);
    case 'r': /* frees its server */
        polysock_server_free(server_of(shared));
        return polysock_sendall(connection, "bye", 3, NULL, 10000);
    case 'd': /* waits in no call */
        while (!LOOK(shared->open_door))
            breathe();
        return 0;
    default:
        do {
            buf[0] = order;
            int code = polysock_sendall(connection, buf, 1, NULL, 10000);
            if (code < 0)
                return code;
            n = polysock_recv(connection, &order, 1, 0, POLYSOCK_INFINITE);
        } while (n > 0);
        return (int)n;
    }
}

/* Sends back what comes, as long as the connection's own timeout allows. */
static int listen_for_ever(polysock_t *connection, const polysock_addr *peer, void *user)
{
    char c;
    ssize_t n;
    (void)peer;
    (void)user;
    while ((n = polysock_recv(connection, &c, 1, 0, POLYSOCK_DEFAULT)) > 0)
        CHECK_IS(polysock_sendall(connection, &c, 1, NULL, POLYSOCK_DEFAULT), 0);
    return (int)n;
}

static void note(int code, const polysock_addr *peer, void *user)
{
    struct shared *shared = user;
    pthread_mutex_lock(&lock);
    shared->last_error = code;
    if (peer == NULL)
        snprintf(shared->detail, sizeof shared->detail, "%s", polysock_last_detail());
    pthread_mutex_unlock(&lock);
    if (peer == NULL)
        COUNT(accept_errors);
    else
        COUNT(errors);
}

static void count_release(void *user)
{
    struct shared *shared = user;
    COUNT(released);
}

static polysock_t *start_server(struct shared *shared, size_t max_connections, polysock_addr *a)
{
    polysock_server_options options = POLYSOCK_SERVER_OPTIONS_INITIALIZER;
    polysock_t *listener = make_listener("127.0.0.1", a);
    memset(shared, 0, sizeof *shared);
    options.max_connections = max_connections;
    options.on_error = note;
    options.release = count_release;
    polysock_server *server;
    MUST(polysock_server_start(&server, listener, obey, shared, &options));
    pthread_mutex_lock(&lock);
    shared->server = server;
    pthread_mutex_unlock(&lock);
    return listener;
}

/* Stops the server, frees all, and looks that nothing is left. */
static void end_server(struct shared *shared, polysock_t *listener)
{
    size_t running = 99;
    CHECK_IS(polysock_server_stop(shared->server, 20000, &running), 0);
    CHECK_IS(running, 0);
    CHECK_IS(LOOK(shared->released), 1);
    polysock_server_free(shared->server);
    CHECK_IS(LOOK(shared->released), 1);
    polysock_free(listener);
}

static polysock_t *connect_to(const polysock_addr *a)
{
    polysock_t *s;
    MUST(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    MUST(polysock_connect(s, a, 20000));
    return s;
}

static polysock_t *order(const polysock_addr *a, const char *text)
{
    polysock_t *s = connect_to(a);
    CHECK_IS(polysock_sendall(s, text, strlen(text), NULL, 10000), 0);
    return s;
}

static void expect_text(polysock_t *s, const char *text)
{
    char buf[64] = "";
    CHECK_IS(polysock_recv_exact(s, buf, strlen(text), NULL, 20000), 0);
    CHECK_TEXT(buf, text);
}

static void expect_end(polysock_t *s)
{
    char c;
    CHECK_IS(polysock_recv(s, &c, 1, 0, 20000), 0);
    polysock_free(s);
}

TEST(many_at_the_same_time)
{
    enum { MANY = 8 };
    struct shared shared;
    polysock_addr a;
    polysock_t *clients[MANY], *listener = start_server(&shared, 0, &a);
    for (int i = 0; i < MANY; i++)
        clients[i] = order(&a, "x");
    for (int i = 0; i < MANY; i++)
        expect_text(clients[i], "x");
    CHECK_IS(polysock_server_connections(shared.server), MANY);
    for (int i = 0; i < MANY; i++)
        polysock_free(clients[i]);
    UNTIL(polysock_server_connections(shared.server) == 0);
    end_server(&shared, listener);
    CHECK_IS(shared.calls, MANY);
    CHECK_IS(shared.errors + shared.accept_errors, 0);
}

TEST(one_after_the_other)
{
    struct shared shared;
    polysock_addr a;
    polysock_t *listener = start_server(&shared, 1, &a);
    polysock_t *first = order(&a, "x"), *second = order(&a, "y");
    expect_text(first, "x");
    CHECK_IS(polysock_server_connections(shared.server), 1);
    CHECK_IS(LOOK(shared.calls), 1);
    polysock_free(first);
    expect_text(second, "y");
    polysock_free(second);
    end_server(&shared, listener);
}

TEST(a_failing_callback)
{
    struct shared shared;
    polysock_addr a;
    polysock_t *listener = start_server(&shared, 4, &a);
    polysock_t *other = order(&a, "x");
    expect_text(other, "x");
    for (int i = 1; i <= 3; i++) {
        expect_end(order(&a, "f"));
        UNTIL(LOOK(shared.errors) == i);
        CHECK_IS(LOOK(shared.last_error), 77);
    }
    CHECK_IS(polysock_sendall(other, "y", 1, NULL, 10000), 0);
    expect_text(other, "y");
    /* A peer that resets: the code is the library's own. */
    CHECK_IS(polysock_abort(other), 0);
    polysock_free(other);
    UNTIL(LOOK(shared.last_error) == POLYSOCK_ECONNRESET);
    end_server(&shared, listener);
    CHECK_IS(shared.errors, 4);
}

TEST(what_a_callback_may_do_with_its_connection)
{
    struct shared shared;
    polysock_addr a;
    polysock_t *listener = start_server(&shared, 4, &a);
    expect_end(order(&a, "c"));
    polysock_t *client = order(&a, "k");
    UNTIL(LOOK(shared.keeps) == 1);
    end_server(&shared, listener);
    CHECK_IS(polysock_sendall(shared.kept, "kept", 4, NULL, 10000), 0);
    expect_text(client, "kept");
    polysock_free(shared.kept);
    expect_end(client);
    CHECK_IS(shared.errors, 0);
}

TEST(the_answer_comes_whole_though_nobody_read_the_request)
{
    struct shared shared;
    polysock_addr a;
    polysock_t *listener = start_server(&shared, 4, &a);
    /* Input that nobody read: still an end of stream, not a reset. */
    for (int i = 0; i < 20; i++)
        expect_end(order(&a, "fnobody reads this"));
    end_server(&shared, listener);
    CHECK_IS(shared.errors, 20);
}

TEST(stopped_from_inside)
{
    struct shared shared;
    polysock_addr a;
    polysock_t *listener = start_server(&shared, 4, &a);
    polysock_t *client = order(&a, "s");
    expect_text(client, "bye");
    expect_end(client);
    CHECK_IS(polysock_server_wait(shared.server, 20000), 0);
    end_server(&shared, listener);
}

TEST(freed_from_inside)
{
    struct shared shared;
    polysock_addr a;
    polysock_t *listener = start_server(&shared, 4, &a);
    polysock_t *client = order(&a, "r");
    expect_text(client, "bye");
    expect_end(client);
    UNTIL(LOOK(shared.released) == 1);
    polysock_free(listener);
#ifdef __linux__
    /* The thread itself, which nobody joins. */
    for (long long end = now_us() + 20 * 1000000LL; now_us() < end; breathe()) {
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

TEST(callbacks_are_woken_when_time_is_up)
{
    struct shared shared;
    polysock_addr a;
    size_t running = 99;
    polysock_t *listener = start_server(&shared, 4, &a);
    polysock_t *one = order(&a, "x"), *other = order(&a, "x");
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

TEST(a_callback_that_blocks_for_ever)
{
    struct shared shared;
    polysock_addr a;
    size_t running = 99;
    polysock_t *listener = start_server(&shared, 4, &a);
    polysock_t *client = order(&a, "d");
    UNTIL(polysock_server_connections(shared.server) == 1 && LOOK(shared.calls) == 1);
    long long began = now_us();
    CHECK_IS(polysock_server_stop(shared.server, 0, &running), 0);
    CHECK_TOOK(began, 900, 3000 * SLOWNESS);
    CHECK_IS(running, 1);
    expect_end(client);
    polysock_server_free(shared.server);
    polysock_free(listener);
    CHECK_IS(LOOK(shared.released), 0);
    add(&shared.open_door, 1);
    UNTIL(LOOK(shared.released) == 1);
}

static void stop_it(void *argument)
{
    struct shared *shared = argument;
    size_t running = 99;
    CHECK_IS(polysock_server_stop(shared->server, 20, &running), 0);
    CHECK_IS(running, 0);
}

static void wait_for_it(void *argument)
{
    struct shared *shared = argument;
    CHECK_IS(polysock_server_wait(shared->server, POLYSOCK_INFINITE), 0);
}

TEST(stopped_by_several_threads)
{
    struct shared shared;
    struct worker stoppers[3], waiter;
    polysock_addr a;
    polysock_t *listener = start_server(&shared, 4, &a);
    polysock_t *client = order(&a, "x");
    expect_text(client, "x");
    CHECK_IS(polysock_server_wait(shared.server, 0), POLYSOCK_EAGAIN);
    CHECK_IS(polysock_server_wait(shared.server, 1), POLYSOCK_ETIMEDOUT);
    start_blocked(&waiter, wait_for_it, &shared);
    for (int i = 0; i < 3; i++)
        start(&stoppers[i], stop_it, &shared);
    for (int i = 0; i < 3; i++)
        join(&stoppers[i]);
    join(&waiter);
    expect_end(client);
    end_server(&shared, listener);
}

TEST(the_listener_is_the_callers)
{
    struct shared shared;
    polysock_addr a;
    polysock_t *listener = start_server(&shared, 4, &a);
    polysock_t *client = order(&a, "x");
    expect_text(client, "x");
    polysock_free(listener); /* ends accepting, and that is all */
    CHECK_IS(polysock_server_wait(shared.server, 20000), 0);
    CHECK_IS(polysock_sendall(client, "y", 1, NULL, 10000), 0);
    expect_text(client, "y");
    polysock_free(client);
    end_server(&shared, NULL);
}

/* Without descriptors connections wait, and the hook is told with words. */
/* Takes all descriptors that may still be had; says how many these are. */
static int take_all(int filler[64])
{
    struct rlimit limit;
    int n = 0;
    MUST(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = 40;
    MUST(setrlimit(RLIMIT_NOFILE, &limit));
    while (n < 64 && (filler[n] = dup(0)) >= 0)
        n++;
    return n;
}

static int exhaust(void)
{
    struct shared shared;
    polysock_addr a;
    int filler[64], n, clients = 4;
    polysock_t *client[4], *listener = start_server(&shared, 8, &a);
    for (int i = 0; i < clients; i++)
        MUST(polysock_socket(&client[i], POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    n = take_all(filler);
    for (int i = 0; i < clients; i++) {
        CHECK_IS(polysock_connect(client[i], &a, 10000), 0);
        CHECK_IS(polysock_sendall(client[i], "x", 1, NULL, 10000), 0);
    }
    UNTIL(LOOK(shared.accept_errors) >= 4);
    CHECK_IS(LOOK(shared.last_error), POLYSOCK_EMFILE);
    CHECK(strstr(shared.detail, "accept") != NULL);
    while (n > 0)
        close(filler[--n]);
    for (int i = 0; i < clients; i++) {
        expect_text(client[i], "x");
        polysock_free(client[i]);
    }
    end_server(&shared, listener);
    CHECK_IS(shared.errors, 0);
    return test_fails != 0;
}

TEST(without_descriptors)
{
    pid_t child = fork();
    if (child == 0)
        _exit(exhaust());
    CHECK_IS(wait_child(child), 0);
}

/* No lock: polysock_server_start() promises that its variable is set. */
static int look_for_server(polysock_t *connection, const polysock_addr *peer, void *user)
{
    struct shared *shared = user;
    (void)connection, (void)peer;
    if (shared->server == NULL)
        COUNT(errors);
    COUNT(calls);
    return 0;
}

static void look_for_server_too(int code, const polysock_addr *peer, void *user)
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
    int filler[64], n = take_all(filler);
    options.on_error = look_for_server_too;
    options.release = count_release;
    CHECK_IS(polysock_server_start(&shared.server, listener, look_for_server, &shared, &options), 0);
    UNTIL(LOOK(shared.accept_errors) >= 1);
    while (n > 0)
        close(filler[--n]);
    UNTIL(LOOK(shared.calls) == 1);
    end_server(&shared, listener);
    CHECK_IS(shared.errors, 0);
    expect_end(client);
    return test_fails != 0;
}

TEST(callbacks_that_come_at_once_find_the_server)
{
    pid_t child = fork();
    if (child == 0)
        _exit(start_under_connections());
    CHECK_IS(wait_child(child), 0);
}

TEST(misuse)
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
#define REFUSED(call, words)                                  \
    do {                                                      \
        CHECK_IS(call, POLYSOCK_EINVAL);                      \
        CHECK(strstr(polysock_last_detail(), words) != NULL); \
    } while (0)
    REFUSED(polysock_server_start(NULL, listener, obey, &shared, NULL), "out is NULL");
    REFUSED(polysock_server_start(&srv, NULL, obey, &shared, NULL), "listener is NULL");
    REFUSED(polysock_server_start(&srv, listener, NULL, &shared, NULL), "fn is NULL");
    REFUSED(polysock_server_start(&srv, plain, obey, &shared, &options), "server_start: Invalid argument: the socket is not listening: call listen() first");
    options.size--;
    REFUSED(polysock_server_start(&srv, listener, obey, &shared, &options), "too small");
    options.size += 2;
    REFUSED(polysock_server_start(&srv, listener, obey, &shared, &options), "newer");
    options.size = sizeof options;
    CHECK_IS(polysock_close(plain), 0);
    CHECK_IS(polysock_server_start(&srv, plain, obey, &shared, &options), POLYSOCK_ECLOSED);
    CHECK(srv == NULL);
    CHECK_IS(shared.released, 0);
    options.idle_timeout_ms = -2;
    REFUSED(polysock_server_start(&srv, listener, obey, &shared, &options), "o->idle_timeout_ms");
    options.idle_timeout_ms = POLYSOCK_INFINITE;
    options.handler_timeout_ms = -2;
    REFUSED(polysock_server_start(&srv, listener, obey, &shared, &options), "o->handler_timeout_ms");
    options.handler_timeout_ms = 0;
    REFUSED(polysock_server_get_stats(NULL, &stats), "srv is NULL");
    REFUSED(polysock_server_stop(NULL, 0, &running), "srv is NULL");
    REFUSED(polysock_server_wait(NULL, 0), "srv is NULL");
    CHECK_IS(polysock_server_connections(NULL), POLYSOCK_EINVAL);
    polysock_server_free(NULL);
    /* Misaligned options, and no options at all. */
    char bytes[sizeof options + 1];
    memcpy(bytes + 1, &options, sizeof options);
    CHECK_IS(polysock_server_start(&srv, listener, obey, &shared, (void *)(bytes + 1)), 0);
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
    CHECK_IS(polysock_server_start(&srv, listener, obey, NULL, NULL), 0);
    polysock_server_free(srv);
    polysock_free(listener);
}

static polysock_server_stats stats_of(polysock_server *server)
{
    polysock_server_stats stats = {sizeof stats, 0, 0, 0, 0};
    CHECK_IS(polysock_server_get_stats(server, &stats), 0);
    return stats;
}

/* Silent clients would hold all places for ever; one report is enough for all. */
TEST(silent_peers_lose_their_places)
{
    struct shared shared = {.calls = 0};
    polysock_addr a;
    polysock_t *silent[4];
    polysock_server_options options = POLYSOCK_SERVER_OPTIONS_INITIALIZER;
    polysock_t *listener = make_listener("127.0.0.1", &a);
    options.max_connections = 4;
    options.on_error = note;
    options.release = count_release;
    options.idle_timeout_ms = 150;
    MUST(polysock_server_start(&shared.server, listener, listen_for_ever, &shared, &options));
    long long began = now_us();
    for (int i = 0; i < 4; i++)
        silent[i] = connect_to(&a);
    for (int i = 0; i < 4; i++)
        expect_end(silent[i]);
    CHECK(now_us() - began >= 150000);
    UNTIL(stats_of(shared.server).handled == 4);
    CHECK_IS(stats_of(shared.server).idle_timeouts, 4);
    CHECK(LOOK(shared.errors) >= 1 && LOOK(shared.errors) < 4);
    CHECK_IS(shared.last_error, POLYSOCK_ETIMEDOUT);
    end_server(&shared, listener);
}

TEST(a_callback_that_takes_too_long_loses_its_connection)
{
    struct shared shared = {.calls = 0};
    polysock_addr a;
    polysock_server_options options = POLYSOCK_SERVER_OPTIONS_INITIALIZER;
    polysock_t *listener = make_listener("127.0.0.1", &a);
    options.max_connections = 2;
    options.on_error = note;
    options.release = count_release;
    options.handler_timeout_ms = 150;
    MUST(polysock_server_start(&shared.server, listener, obey, &shared, &options));
    long long began = now_us();
    polysock_t *waiting = connect_to(&a), *elsewhere = order(&a, "d");
    expect_end(waiting);
    expect_end(elsewhere);
    CHECK(now_us() - began >= 150000);
    UNTIL(polysock_server_connections(shared.server) == 1);
    add(&shared.open_door, 1);
    UNTIL(stats_of(shared.server).handled == 2);
    CHECK_IS(stats_of(shared.server).handler_timeouts, 2);
    CHECK_IS(LOOK(shared.errors), 0);
    end_server(&shared, listener);
}

TEST(resets_are_counted_and_told_once_a_second)
{
    struct shared shared;
    polysock_addr a;
    polysock_t *listener = start_server(&shared, 4, &a);
    long long began = now_us();
    for (uint64_t i = 1; i <= 20; i++) {
        polysock_t *s = connect_to(&a);
        UNTIL(LOOK(shared.calls) == (int)i);
        CHECK_IS(polysock_abort(s), 0);
        polysock_free(s);
        UNTIL(stats_of(shared.server).handled == i);
    }
    CHECK_IS(stats_of(shared.server).resets, 20);
    CHECK(LOOK(shared.errors) >= 1 && LOOK(shared.errors) <= 1 + (now_us() - began) / 1000000);
    CHECK(LOOK(shared.errors) < 20);
    CHECK_IS(shared.last_error, POLYSOCK_ECONNRESET);
    end_server(&shared, listener);
}

int main(void)
{
    RUN(many_at_the_same_time);
    RUN(one_after_the_other);
    RUN(a_failing_callback);
    RUN(what_a_callback_may_do_with_its_connection);
    RUN(the_answer_comes_whole_though_nobody_read_the_request);
    RUN(stopped_from_inside);
    RUN(freed_from_inside);
    RUN(callbacks_are_woken_when_time_is_up);
    RUN(a_callback_that_blocks_for_ever);
    RUN(stopped_by_several_threads);
    RUN(the_listener_is_the_callers);
    RUN(silent_peers_lose_their_places);
    RUN(a_callback_that_takes_too_long_loses_its_connection);
    RUN(resets_are_counted_and_told_once_a_second);
#ifndef VALGRIND /* which has a limit of its own, and closes what the kernel accepted beyond it */
    RUN(without_descriptors);
    RUN(callbacks_that_come_at_once_find_the_server);
#endif
    RUN(misuse);
    return report();
}

/* What the tests of the callback server share: a server that carries out commands of its clients, and clients. */
#ifndef SERVER_HARNESS_H
#define SERVER_HARNESS_H

#include "counting.h"

/* The state that the callbacks of a test share. */
struct shared {
    polysock_server *server;
    int calls, errors, last_error, accept_errors, released, kept_count, may_return;
    polysock_t *kept;
    char detail[200];
};

#define COUNT(member) add(&shared->member, 1)

static UNUSED polysock_server *server_of(struct shared *shared)
{
    pthread_mutex_lock(&lock);
    polysock_server *server = shared->server;
    pthread_mutex_unlock(&lock);
    return server;
}

/* Carries out the command that is the client's first byte; otherwise echoes. */
static UNUSED int serve_commands(polysock_t *connection, const polysock_addr *peer, void *user)
{
    struct shared *shared = user;
    char command, buf[64];
    size_t running = 99;
    polysock_addr same;
    ssize_t n;
    COUNT(calls);
    CHECK_IS(polysock_getpeername(connection, &same), 0);
    CHECK(polysock_addr_equal(&same, peer));
    n = polysock_recv(connection, &command, 1, 0, POLYSOCK_INFINITE);
    if (n <= 0)
        return (int)n;
    switch (command) {
    case 'f': /* fails */
        return 77;
    case 'c': /* closes its connection */
        CHECK_IS(polysock_close(connection), 0);
        return 0;
    case 'k': { /* kept_count it */
        polysock_t *kept;
        int fd = polysock_detach(connection);
        CHECK_IS(polysock_from_fd(&kept, fd), 0);
        pthread_mutex_lock(&lock);
        shared->kept = kept;
        pthread_mutex_unlock(&lock);
        COUNT(kept_count);
        return 0;
    }
    case 's': /* stops its server */
        CHECK_IS(polysock_server_stop(server_of(shared), POLYSOCK_INFINITE, &running), 0);
        CHECK_IS(running, 0);
        return polysock_sendall(connection, "bye", 3, NULL, 10000);
    case 'r': /* frees its server */
        polysock_server_free(server_of(shared));
        return polysock_sendall(connection, "bye", 3, NULL, 10000);
    case 'd': /* is busy, outside any call */
        while (!READ(shared->may_return))
            sleep_1ms();
        return 0;
    default:
        do {
            buf[0] = command;
            int code = polysock_sendall(connection, buf, 1, NULL, 10000);
            if (code < 0)
                return code;
            n = polysock_recv(connection, &command, 1, 0, POLYSOCK_INFINITE);
        } while (n > 0);
        return (int)n;
    }
}

static UNUSED void record_error(int code, const polysock_addr *peer, void *user)
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

static UNUSED void count_release(void *user)
{
    struct shared *shared = user;
    COUNT(released);
}

static UNUSED polysock_t *start_server(struct shared *shared, size_t max_connections, polysock_addr *a)
{
    polysock_server_options options = POLYSOCK_SERVER_OPTIONS_INITIALIZER;
    polysock_t *listener = make_listener("127.0.0.1", a);
    memset(shared, 0, sizeof *shared);
    options.max_connections = max_connections;
    options.on_error = record_error;
    options.release = count_release;
    polysock_server *server;
    MUST(polysock_server_start(&server, listener, serve_commands, shared, &options));
    pthread_mutex_lock(&lock);
    shared->server = server;
    pthread_mutex_unlock(&lock);
    return listener;
}

/* Stops the server, frees everything, and checks that nothing is left. */
static UNUSED void end_server(struct shared *shared, polysock_t *listener)
{
    size_t running = 99;
    CHECK_IS(polysock_server_stop(shared->server, 20000, &running), 0);
    CHECK_IS(running, 0);
    CHECK_IS(READ(shared->released), 1);
    polysock_server_free(shared->server);
    CHECK_IS(READ(shared->released), 1);
    polysock_free(listener);
}

static UNUSED polysock_t *connect_to(const polysock_addr *a)
{
    polysock_t *s;
    MUST(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    MUST(polysock_connect(s, a, 20000));
    return s;
}

static UNUSED polysock_t *send_command(const polysock_addr *a, const char *text)
{
    polysock_t *s = connect_to(a);
    CHECK_IS(polysock_sendall(s, text, strlen(text), NULL, 10000), 0);
    return s;
}

static UNUSED void expect_text(polysock_t *s, const char *text)
{
    char buf[64] = "";
    CHECK_IS(polysock_recv_exact(s, buf, strlen(text), NULL, 20000), 0);
    CHECK_TEXT(buf, text);
}

static UNUSED void expect_end(polysock_t *s)
{
    char c;
    CHECK_IS(polysock_recv(s, &c, 1, 0, 20000), 0);
    polysock_free(s);
}

static UNUSED polysock_server_stats stats_of(polysock_server *server)
{
    polysock_server_stats stats = {sizeof stats, 0, 0, 0, 0};
    CHECK_IS(polysock_server_get_stats(server, &stats), 0);
    return stats;
}

#endif

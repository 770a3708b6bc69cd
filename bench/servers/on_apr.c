/* A server on the pollset of the Apache Portable Runtime. */

#include "serving.h"
#include <apr_network_io.h>
#include <apr_poll.h>
#include <apr_portable.h>

typedef struct {
    apr_pool_t *pool;
    apr_socket_t *socket;
    bytes unfinished, unsent;
} connection;

static apr_pollset_t *pollset;

static void must_apr(const char *what, apr_status_t status)
{
    char text[200];
    if (status != APR_SUCCESS) {
        fprintf(stderr, "%s: %s\n", what, apr_strerror(status, text, sizeof text));
        exit(1);
    }
}

static apr_pollfd_t watched(connection *c, apr_socket_t *socket, apr_int16_t events)
{
    apr_pollfd_t entry = {.desc_type = APR_POLL_SOCKET, .reqevents = events, .client_data = c};
    entry.desc.s = socket;
    return entry;
}

static void watch(connection *c, apr_int16_t events)
{
    apr_pollfd_t entry = watched(c, c->socket, events);
    must_apr("apr_pollset_add", apr_pollset_add(pollset, &entry));
}

static void unwatch(connection *c, apr_int16_t events)
{
    apr_pollfd_t entry = watched(c, c->socket, events);
    must_apr("apr_pollset_remove", apr_pollset_remove(pollset, &entry));
}

static void finish(connection *c, apr_int16_t watched_for)
{
    unwatch(c, watched_for);
    bytes_free(&c->unfinished);
    bytes_free(&c->unsent);
    apr_pool_destroy(c->pool); /* closes the socket, too */
    free(c);
}

static void accept_connection(apr_socket_t *listener)
{
    connection *c = calloc(1, sizeof *c);
    if (c == NULL)
        abort();
    must_apr("apr_pool_create", apr_pool_create(&c->pool, NULL));
    if (apr_socket_accept(&c->socket, listener, c->pool) != APR_SUCCESS) {
        apr_pool_destroy(c->pool);
        free(c);
        return;
    }
    apr_socket_timeout_set(c->socket, 0);
    apr_socket_opt_set(c->socket, APR_TCP_NODELAY, 1);
    watch(c, APR_POLLIN);
}

/* Sends what there is room for; a length of -1 stands for a broken connection. */
static apr_ssize_t send_some(connection *c, const char *data, size_t n)
{
    apr_size_t sent = n;
    apr_status_t status = apr_socket_send(c->socket, data, &sent);
    return status == APR_SUCCESS ? (apr_ssize_t)sent : APR_STATUS_IS_EAGAIN(status) ? 0 : -1;
}

static void receive(connection *c)
{
    static char buffer[RECEIVE];
    apr_size_t n = sizeof buffer, length;
    apr_status_t status = apr_socket_recv(c->socket, buffer, &n);
    if (status != APR_SUCCESS) {
        if (!APR_STATUS_IS_EAGAIN(status))
            finish(c, APR_POLLIN);
        return;
    }
    const char *reply = answer(&c->unfinished, buffer, n, &length);
    apr_ssize_t sent = length > 0 ? send_some(c, reply, length) : 0;
    if (sent < 0) {
        finish(c, APR_POLLIN);
    } else if ((size_t)sent < length) {
        bytes_add(&c->unsent, reply + sent, length - (size_t)sent);
        unwatch(c, APR_POLLIN); /* and receive no more until it is sent */
        watch(c, APR_POLLOUT);
    }
}

static void send_rest(connection *c)
{
    apr_ssize_t sent = send_some(c, c->unsent.data, c->unsent.length);
    if (sent < 0) {
        finish(c, APR_POLLOUT);
        return;
    }
    c->unsent.length -= (size_t)sent;
    memmove(c->unsent.data, c->unsent.data + sent, c->unsent.length);
    if (c->unsent.length == 0) {
        unwatch(c, APR_POLLOUT);
        watch(c, APR_POLLIN);
    }
}

int main(int argc, char **argv)
{
    apr_pool_t *pool;
    apr_socket_t *listener = NULL;
    apr_os_sock_t descriptor;
    serve_as(argc, argv);
    must_apr("apr_initialize", apr_initialize());
    must_apr("apr_pool_create", apr_pool_create(&pool, NULL));
    descriptor = listening();
    must_apr("apr_os_sock_put", apr_os_sock_put(&listener, &descriptor, pool));
    must_apr("apr_pollset_create", apr_pollset_create(&pollset, (apr_uint32_t)atoi(argv[argc - 1]) + 100, pool, 0));
    apr_pollfd_t accepting = watched(NULL, listener, APR_POLLIN);
    must_apr("apr_pollset_add", apr_pollset_add(pollset, &accepting));
    for (;;) {
        apr_int32_t n;
        const apr_pollfd_t *ready;
        apr_status_t status = apr_pollset_poll(pollset, -1, &n, &ready);
        if (APR_STATUS_IS_EINTR(status))
            continue;
        must_apr("apr_pollset_poll", status);
        for (apr_int32_t i = 0; i < n; i++) {
            connection *c = ready[i].client_data;
            if (c == NULL)
                accept_connection(listener);
            else if (c->unsent.length > 0)
                send_rest(c);
            else
                receive(c);
        }
    }
}

/* A server on one loop over a polysock_poller. */

#include "serving.h"
#include <polysock/polysock.h>

typedef struct {
    polysock_t *socket;
    bytes unfinished, unsent;
} connection;

static polysock_poller *poller;

static void must_polysock(long code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

static void finish(connection *c)
{
    polysock_free(c->socket);
    bytes_free(&c->unfinished);
    bytes_free(&c->unsent);
    free(c);
}

static void accept_connection(polysock_t *listener)
{
    polysock_t *socket;
    if (polysock_accept(listener, &socket, NULL, 0) < 0)
        return;
    connection *c = calloc(1, sizeof *c);
    if (c == NULL)
        abort();
    c->socket = socket;
    polysock_set_nodelay(socket, true);
    must_polysock(polysock_poller_add(poller, socket, (uint64_t)(uintptr_t)c, POLYSOCK_POLLIN, POLYSOCK_POLL_LEVEL));
}

static void watch(connection *c, int events)
{
    must_polysock(polysock_poller_modify(poller, c->socket, (uint64_t)(uintptr_t)c, events, POLYSOCK_POLL_LEVEL));
}

/* Sends what there is room for; returns how much, or -1. */
static ssize_t send_some(connection *c, const char *data, size_t n)
{
    ssize_t sent = polysock_send(c->socket, data, n, 0, 0);
    return sent == POLYSOCK_EAGAIN ? 0 : sent;
}

static void receive(connection *c)
{
    static char buffer[RECEIVE];
    size_t length;
    ssize_t n = polysock_recv(c->socket, buffer, sizeof buffer, 0, 0);
    if (n <= 0) {
        if (n != POLYSOCK_EAGAIN)
            finish(c);
        return;
    }
    const char *reply = answer(&c->unfinished, buffer, (size_t)n, &length);
    ssize_t sent = length > 0 ? send_some(c, reply, length) : 0;
    if (sent < 0) {
        finish(c);
    } else if ((size_t)sent < length) {
        bytes_add(&c->unsent, reply + sent, length - (size_t)sent);
        watch(c, POLYSOCK_POLLOUT); /* and receive no more until it is sent */
    }
}

static void send_rest(connection *c)
{
    ssize_t sent = send_some(c, c->unsent.data, c->unsent.length);
    if (sent < 0) {
        finish(c);
        return;
    }
    c->unsent.length -= (size_t)sent;
    memmove(c->unsent.data, c->unsent.data + sent, c->unsent.length);
    if (c->unsent.length == 0)
        watch(c, POLYSOCK_POLLIN);
}

int main(int argc, char **argv)
{
    polysock_event events[256];
    polysock_t *listener;
    serve_as(argc, argv);
    must_polysock(polysock_from_fd(&listener, listening()));
    must_polysock(polysock_poller_new(&poller));
    must_polysock(polysock_poller_add(poller, listener, 0, POLYSOCK_POLLIN, POLYSOCK_POLL_LEVEL));
    for (;;) {
        int n = polysock_poller_wait(poller, events, sizeof events / sizeof *events, POLYSOCK_INFINITE);
        must_polysock(n);
        for (int i = 0; i < n; i++) {
            connection *c = (connection *)(uintptr_t)events[i].token;
            if (c == NULL)
                accept_connection(listener);
            else if (c->unsent.length > 0)
                send_rest(c);
            else
                receive(c);
        }
    }
}

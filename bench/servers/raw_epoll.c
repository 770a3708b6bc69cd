/* A server on one loop over epoll(7), written by hand. */

#include "serving.h"
#include <sys/epoll.h>

typedef struct {
    int fd;
    bytes unfinished, unsent;
} connection;

static int epoll;

static void watch(connection *c, int change, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = c};
    must("epoll_ctl", epoll_ctl(epoll, change, c->fd, &event));
}

static void finish(connection *c)
{
    close(c->fd);
    bytes_free(&c->unfinished);
    bytes_free(&c->unsent);
    free(c);
}

static void accept_connection(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    connection *c = calloc(1, sizeof *c);
    if (c == NULL)
        abort();
    c->fd = fd;
    send_at_once(fd);
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
}

/* Sends what there is room for; returns how much, or -1. */
static ssize_t send_some(connection *c, const char *data, size_t n)
{
    ssize_t sent = send(c->fd, data, n, MSG_NOSIGNAL);
    return sent < 0 && errno == EAGAIN ? 0 : sent;
}

static void receive(connection *c)
{
    static char buffer[RECEIVE];
    ssize_t n = recv(c->fd, buffer, sizeof buffer, 0);
    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            finish(c);
        return;
    }
    size_t length;
    const char *reply = answer(&c->unfinished, buffer, (size_t)n, &length);
    ssize_t sent = length > 0 ? send_some(c, reply, length) : 0;
    if (sent < 0) {
        finish(c);
    } else if ((size_t)sent < length) {
        bytes_add(&c->unsent, reply + sent, length - (size_t)sent);
        watch(c, EPOLL_CTL_MOD, EPOLLOUT); /* and receive no more until it is sent */
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
        watch(c, EPOLL_CTL_MOD, EPOLLIN);
}

int main(int argc, char **argv)
{
    struct epoll_event events[256];
    serve_as(argc, argv);
    int listener = listening();
    must("fcntl", fcntl(listener, F_SETFL, O_NONBLOCK));
    must("epoll_create1", epoll = epoll_create1(EPOLL_CLOEXEC));
    struct epoll_event accepting = {.events = EPOLLIN};
    must("epoll_ctl", epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &accepting));
    for (;;) {
        int n = epoll_wait(epoll, events, sizeof events / sizeof *events, -1);
        for (int i = 0; i < n; i++) {
            connection *c = events[i].data.ptr;
            if (c == NULL)
                accept_connection(listener);
            else if (c->unsent.length > 0)
                send_rest(c);
            else
                receive(c);
        }
    }
}

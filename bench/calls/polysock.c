/* polysock, each call with its own time limit. */
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>

#include "way.h"

struct ours {
    polysock_t *s;
    int timeout_ms;
};

static void must(long code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

static struct ours *ours(polysock_t *s, int timeout_ms)
{
    struct ours *made = malloc(sizeof *made);
    sure(made != NULL, "malloc");
    *made = (struct ours){s, timeout_ms < 0 ? POLYSOCK_INFINITE : timeout_ms};
    return made;
}

static void *address(const struct sockaddr_in *to)
{
    polysock_addr *made = malloc(sizeof *made);
    sure(made != NULL, "malloc");
    must(polysock_addr_from_sockaddr(made, (const struct sockaddr *)to, sizeof *to));
    return made;
}

static void *connected(const struct sockaddr_in *to, int timeout_ms)
{
    polysock_t *s;
    polysock_addr *at = address(to);
    must(polysock_socket(&s, AF_INET, SOCK_STREAM, 0));
    must(polysock_connect(s, at, 5000));
    must(polysock_set_nodelay(s, true));
    free(at);
    return ours(s, timeout_ms);
}

static void *adopted(int fd, int timeout_ms)
{
    polysock_t *s;
    must(polysock_from_fd(&s, fd));
    return ours(s, timeout_ms);
}

static void *datagrams(struct sockaddr_in *me, int timeout_ms)
{
    polysock_t *s;
    polysock_addr at;
    must(polysock_socket(&s, AF_INET, SOCK_DGRAM, 0));
    must(polysock_addr_parse(&at, "127.0.0.1", 0));
    must(polysock_bind(s, &at));
    must(polysock_getsockname(s, &at));
    *me = *(struct sockaddr_in *)at.bytes;
    return ours(s, timeout_ms);
}

static void send_once(void *s, const void *buf, size_t n)
{
    struct ours *o = s;
    must(polysock_send(o->s, buf, n, 0, o->timeout_ms));
}

static void send_all(void *s, const void *buf, size_t n)
{
    struct ours *o = s;
    must(polysock_sendall(o->s, buf, n, NULL, o->timeout_ms));
}

static void receive(void *s, void *buf, size_t n)
{
    struct ours *o = s;
    must(polysock_recv(o->s, buf, n, 0, o->timeout_ms) == (ssize_t)n ? 0 : -1);
}

static void send_to(void *s, const void *buf, size_t n, const void *to)
{
    struct ours *o = s;
    must(polysock_sendto(o->s, buf, n, 0, to, o->timeout_ms));
}

static void receive_from(void *s, void *buf, size_t n)
{
    struct ours *o = s;
    polysock_addr from;
    must(polysock_recvfrom(o->s, buf, n, 0, &from, NULL, o->timeout_ms) == (ssize_t)n ? 0 : -1);
}

static void end(void *s)
{
    struct ours *o = s;
    polysock_free(o->s);
    free(o);
}

const struct way with_polysock = {"polysock", connected, adopted, datagrams, address, send_once, send_all, receive, send_to,
                                  receive_from, end};

/* Three ways to handle a socket that is not ready: don't wait, wait with a limit, wait as long as it takes. */
#define _POSIX_C_SOURCE 200809L /* clock_gettime, nanosleep */
#include <polysock/polysock.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static char much[1000000]; /* more than both kernels keep here */
static const struct timespec hundredth = {0, 10 * 1000000}, tenth = {0, 100 * 1000000};
static atomic_bool hurry;
static polysock_t *client, *peer;

static int must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
    return code;
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A client and the server's end of its connection, both with small buffers. */
static void connection(void)
{
    polysock_t *listener;
    polysock_addr address;
    must(polysock_socket(&listener, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    must(polysock_set_rcvbuf(listener, 4096)); /* inherited by accepted connections */
    must(polysock_addr_parse(&address, "127.0.0.1", 0));
    must(polysock_bind(listener, &address));
    must(polysock_listen(listener, 5));
    must(polysock_getsockname(listener, &address));
    must(polysock_socket(&client, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    must(polysock_set_sndbuf(client, 16384));
    must(polysock_connect(client, &address, POLYSOCK_INFINITE));
    must(polysock_accept(listener, &peer, NULL, POLYSOCK_INFINITE));
    polysock_free(listener);
}

/* Reads a little, 100 times a second, until it may read everything. */
static void *read_slowly(void *total)
{
    char buf[1024];
    ssize_t n;
    while ((n = polysock_recv(peer, buf, sizeof buf, 0, POLYSOCK_INFINITE)) > 0) {
        *(size_t *)total += (size_t)n;
        if (!hurry)
            nanosleep(&hundredth, NULL);
    }
    return NULL;
}

static void *greet_later(void *nothing)
{
    nanosleep(&tenth, NULL);
    must(polysock_sendall(peer, "hello", 5, NULL, POLYSOCK_INFINITE));
    return nothing;
}

int main(void)
{
    size_t counted = 0, total = 0, done;
    pthread_t thread;
    char buf[100];
    ssize_t n;

    connection();
    puts("not waiting");
    must(polysock_set_blocking(client, false)); /* or, for one call, a timeout of 0 */
    if (polysock_recv(client, buf, sizeof buf, 0, POLYSOCK_DEFAULT) == POLYSOCK_EAGAIN)
        puts("  recv: EAGAIN, nothing has come");
    n = polysock_send(client, much, sizeof much, 0, POLYSOCK_DEFAULT);
    counted += (size_t)must((int)n);
    puts((size_t)n < sizeof much ? "  send: a part, the buffers are full" : "  send: all");
    while ((n = polysock_send(client, much, sizeof much, 0, POLYSOCK_DEFAULT)) > 0)
        counted += (size_t)n; /* meanwhile the peer's kernel has made a little room */
    if (n == POLYSOCK_EAGAIN)
        puts("  send: EAGAIN, there is no room");

    puts("waiting for a time");
    must(polysock_set_timeout(client, 100, 300)); /* for recv and send; or pass one to each call */
    double start = now_s();
    if (polysock_recv(client, buf, sizeof buf, 0, POLYSOCK_DEFAULT) == POLYSOCK_ETIMEDOUT)
        printf("  recv: timed out, %s\n", now_s() - start >= 0.1 ? "not early" : "early");

    /* The peer keeps reading a little, so there is always some progress. One time limit covers the
     * whole call: it does not restart with each part. `done` says how much was sent. */
    if (pthread_create(&thread, NULL, read_slowly, &total) != 0)
        return 1;
    start = now_s();
    int code = polysock_sendall(client, much, sizeof much, &done, POLYSOCK_DEFAULT);
    double waited = now_s() - start;
    counted += done;
    if (code == POLYSOCK_ETIMEDOUT)
        printf("  sendall: timed out, %s\n", 0.3 <= waited && waited < 3 ? "not early and not late" : "not in time");
    polysock_free(client);
    hurry = true;
    pthread_join(thread, NULL);
    printf("  the peer got %s\n", total == counted ? "what was counted" : "something else");
    polysock_free(peer);

    puts("waiting as long as it takes");
    connection();
    if (pthread_create(&thread, NULL, greet_later, NULL) != 0)
        return 1;
    n = polysock_recv(client, buf, sizeof buf, 0, POLYSOCK_INFINITE);
    printf("  recv: %.*s\n", must((int)n), buf);
    pthread_join(thread, NULL);
    polysock_free(client);
    polysock_free(peer);
}

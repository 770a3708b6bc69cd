/* What close does with data that are not delivered yet: with linger off, zero, and on. */
#define _POSIX_C_SOURCE 200809L /* clock_gettime, nanosleep */
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TIMEOUT_MS = 5000, MUCH = 100000, LITTLE = 1000 };

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A client with large buffers, and the server's end of its connection, with small ones. */
static void connection(polysock_t **client, polysock_t **peer)
{
    polysock_t *listener;
    polysock_addr address;
    must(polysock_socket(&listener, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    must(polysock_set_rcvbuf(listener, 4096)); /* inherited by accepted connections */
    must(polysock_addr_parse(&address, "127.0.0.1", 0));
    must(polysock_bind(listener, &address));
    must(polysock_listen(listener, 5));
    must(polysock_getsockname(listener, &address));
    must(polysock_socket(client, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    must(polysock_set_sndbuf(*client, 200000));
    must(polysock_connect(*client, &address, TIMEOUT_MS));
    must(polysock_accept(listener, peer, NULL, TIMEOUT_MS));
    polysock_free(listener);
}

/* A closed socket can't be queried: this is the state in the kernel's table, which `ss -tan` shows too. */
static const char *state(unsigned port, unsigned peer_port)
{
    static const char *const names[] = {"?", "ESTABLISHED", "?", "?", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT"};
    const char *found = "gone";
    unsigned here, there, code;
    char line[256];
    FILE *table = fopen("/proc/net/tcp", "r");
    if (table == NULL)
        return "?";
    while (fgets(line, sizeof line, table) != NULL)
        if (sscanf(line, " %*u: %*x:%x %*x:%x %x", &here, &there, &code) == 3 && here == port && there == peer_port)
            found = code < sizeof names / sizeof *names ? names[code] : "?";
    fclose(table);
    return found;
}

static void demonstrate(const char *title, int linger, size_t size)
{
    static char data[MUCH];
    polysock_t *client, *peer;
    polysock_addr ours, theirs;
    puts(title);
    connection(&client, &peer);
    must(polysock_getsockname(client, &ours));
    must(polysock_getpeername(client, &theirs));
    unsigned port = polysock_addr_port(&ours), peer_port = polysock_addr_port(&theirs);
    must(polysock_set_linger(client, linger));
    /* Our kernel has it all; the peer's program has read nothing. */
    must(polysock_sendall(client, data, size, NULL, TIMEOUT_MS));

    double start = now_s();
    must(polysock_close(client));
    printf("  close: %s\n", now_s() - start < 1 ? "at once" : "after its second");
    printf("  our end: %s\n", state(port, peer_port));
    polysock_free(client);

    ssize_t n, received = 0;
    while ((n = polysock_recv(peer, data, sizeof data, 0, TIMEOUT_MS)) > 0)
        received += n;
    printf("  the peer: %s and %s\n", (size_t)received == size ? "all" : "a part",
           n == 0 ? "the end" : polysock_err_name((int)n));
    printf("  the peer's end: %s\n", polysock_state(peer));
    polysock_free(peer);

    const struct timespec millisecond = {0, 1000000};
    const char *last;
    start = now_s();
    while (strncmp(last = state(port, peer_port), "FIN_WAIT", 8) == 0 && now_s() - start < 5)
        nanosleep(&millisecond, NULL);
    printf("  both closed: %s\n", last);
}

int main(void)
{
    /* The kernel goes on in the background and waits for the peer as long as it takes; close does not. */
    demonstrate("linger off, the default", POLYSOCK_LINGER_OFF, MUCH);
    /* Undelivered data are discarded, and the peer gets a reset. */
    demonstrate("linger 0", 0, MUCH);
    /* Close waits until the peer's kernel has acknowledged everything. Time is up here: the kernel goes on
     * without us. */
    demonstrate("linger 1 s", 1, MUCH);
    /* It does not wait for the peer's program, which has read nothing here either. */
    demonstrate("linger 1 s, little data", 1, LITTLE);
}

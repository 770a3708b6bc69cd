/* Small writes with Nagle's algorithm, which is the default, and with TCP_NODELAY. */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PATIENCE_MS = 5000 };

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void connection(polysock_t **client, polysock_t **peer)
{
    polysock_t *listener;
    polysock_addr address;
    must(polysock_create_server(&listener, "127.0.0.1", "0", 5));
    must(polysock_getsockname(listener, &address));
    must(polysock_socket(client, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    must(polysock_connect(*client, &address, PATIENCE_MS));
    must(polysock_accept(listener, peer, NULL, PATIENCE_MS));
    polysock_free(listener);
}

/* How many segments with data the kernel has sent, without those it sent again. */
static unsigned segments(const polysock_t *s)
{
    polysock_tcp_stats info;
    must(polysock_tcp_info(s, &info, sizeof info));
    return info.data_segs_out - info.total_retrans;
}

/* Five writes of a byte each; returns how many segments they took and tells when the last byte came. */
static unsigned write_small(bool nodelay, double *ms)
{
    polysock_t *client, *peer;
    char got[5];
    connection(&client, &peer);
    must(polysock_set_nodelay(client, nodelay));
    /* A peer in a conversation delays its acknowledgements by about 40 ms, to send them along with an answer.
     * A new connection is not in one yet; this tells the kernel that it is. */
    must(polysock_set_quickack(peer, false));
    double start = now_ms();
    for (int i = 0; i < 5; i++)
        must(polysock_sendall(client, "x", 1, NULL, PATIENCE_MS));
    must(polysock_recv_exact(peer, got, sizeof got, NULL, PATIENCE_MS));
    *ms = now_ms() - start;
    unsigned sent = segments(client);
    polysock_free(client);
    polysock_free(peer);
    return sent;
}

int main(void)
{
    double ms;
    /* Nagle: while something small is on its way, the next small thing waits for its acknowledgement. The
     * first byte goes at once, the others wait together: for as long as the peer delays. */
    unsigned sent = write_small(false, &ms);
    const char *words = sent < 5 ? "fewer segments" : "not fewer";
    printf("Nagle: 5 writes, %s (%u), the last byte after %.0f ms\n", words, sent, ms);

    sent = write_small(true, &ms);
    printf("TCP_NODELAY: 5 writes, %u segments, the last byte after %.0f ms\n", sent, ms);
}

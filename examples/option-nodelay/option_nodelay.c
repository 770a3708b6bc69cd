/* Small writes with Nagle's algorithm, which is the default, and with TCP_NODELAY. */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TIMEOUT_MS = 5000 };

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
    must(polysock_connect(*client, &address, TIMEOUT_MS));
    must(polysock_accept(listener, peer, NULL, TIMEOUT_MS));
    polysock_free(listener);
}

/* How many segments with data the kernel has sent, without retransmissions. */
static unsigned segments(const polysock_t *s)
{
    polysock_tcp_stats info;
    must(polysock_tcp_info(s, &info, sizeof info));
    return info.data_segs_out - info.total_retrans;
}

/* Five writes of one byte each; returns how many segments they took, and stores when the last byte came. */
static unsigned write_small(bool nodelay, double *ms)
{
    polysock_t *client, *peer;
    char got[5];
    connection(&client, &peer);
    must(polysock_set_nodelay(client, nodelay));
    /* A peer in a conversation delays its acknowledgements by about 40 ms, to send them along with an answer.
     * A new connection is not in one yet; this makes the kernel treat it as one. */
    must(polysock_set_quickack(peer, false));
    double start = now_ms();
    for (int i = 0; i < 5; i++)
        must(polysock_sendall(client, "x", 1, NULL, TIMEOUT_MS));
    must(polysock_recv_exact(peer, got, sizeof got, NULL, TIMEOUT_MS));
    *ms = now_ms() - start;
    unsigned sent = segments(client);
    polysock_free(client);
    polysock_free(peer);
    return sent;
}

int main(void)
{
    double ms;
    /* Nagle: while a small segment is unacknowledged, the next small one is held back. The
     * first byte goes at once, the others wait together, as long as the peer delays its acknowledgement. */
    unsigned sent = write_small(false, &ms);
    const char *result = sent < 5 ? "fewer segments" : "not fewer";
    printf("Nagle: 5 writes, %s (%u), the last byte after %.0f ms\n", result, sent, ms);

    sent = write_small(true, &ms);
    printf("TCP_NODELAY: 5 writes, %u segments, the last byte after %.0f ms\n", sent, ms);
}

/* Probes on an idle connection: SO_KEEPALIVE and its three settings. */
#define _POSIX_C_SOURCE 200809L /* nanosleep */
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

static polysock_tcp_stats info_of(const polysock_t *s)
{
    polysock_tcp_stats info;
    must(polysock_tcp_info(s, &info, sizeof info));
    return info;
}

int main(void)
{
    const struct timespec hundredth = {0, 10 * 1000000};
    polysock_t *listener, *client, *peer;
    polysock_addr address;
    int idle, interval, count;
    bool on;

    must(polysock_create_server(&listener, "127.0.0.1", "0", 5));
    must(polysock_getsockname(listener, &address));
    must(polysock_socket(&client, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    must(polysock_connect(client, &address, TIMEOUT_MS));
    must(polysock_accept(listener, &peer, NULL, TIMEOUT_MS));
    polysock_free(listener);

    /* Seconds of silence before the first probe, seconds between probes, and how many without an answer end
     * the connection. With 0, 0, 0, the system's own numbers, the first probe comes after two hours. */
    must(polysock_set_keepalive(client, true, 1, 1, 3));
    must(polysock_get_keepalive(client, &on, &idle, &interval, &count));
    printf("a probe after %d s, then each %d s, and the end after %d without an answer\n", idle, interval, count);

    /* The peer's kernel answers a probe by itself. Both programs see it only in the statistics. */
    unsigned before = info_of(client).segs_in;
    for (int i = 0; i < 1000 && info_of(client).segs_in == before; i++)
        nanosleep(&hundredth, NULL);
    printf("a probe was answered: %s\n", info_of(client).segs_in > before ? "yes" : "no");
    printf("bytes that the peer's program got: %llu\n", (unsigned long long)info_of(peer).bytes_received);
    printf("the connection is %s\n", polysock_state(client));
    polysock_free(client);
    polysock_free(peer);
}

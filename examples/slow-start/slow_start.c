/* Slow start, watched: how much TCP sends at once, round by round. */
#define _POSIX_C_SOURCE 200809L /* nanosleep */
#include <polysock/polysock.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TIMEOUT_MS = 5000, ROUNDS = 5 };

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

static void *take_all(void *listener)
{
    static char buf[1 << 20];
    polysock_t *peer;
    must(polysock_accept(listener, &peer, NULL, TIMEOUT_MS));
    while (polysock_recv(peer, buf, sizeof buf, 0, TIMEOUT_MS) > 0)
        ;
    polysock_free(peer);
    return NULL;
}

int main(void)
{
    const struct timespec half_a_millisecond = {0, 500000};
    unsigned windows[ROUNDS + 1];
    polysock_t *listener, *client;
    polysock_addr address;
    pthread_t taker;

    must(polysock_create_server(&listener, "127.0.0.1", "0", 5));
    must(polysock_getsockname(listener, &address));
    if (pthread_create(&taker, NULL, take_all, listener) != 0)
        return 1;
    must(polysock_socket(&client, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    /* Segments as on Ethernet: on the loopback interface they are so large that a transfer needs few. */
    must(polysock_set_maxseg(client, 1448));
    /* The textbook's congestion control. Others begin the same way and differ later. */
    must(polysock_set_congestion(client, "reno"));
    must(polysock_connect(client, &address, TIMEOUT_MS));

    polysock_tcp_stats info = info_of(client);
    windows[0] = info.snd_cwnd;
    for (int i = 1; i <= ROUNDS; i++) {
        /* A round: send as much as may be in flight at once, and wait until all of it is acknowledged. */
        size_t size = (size_t)info.snd_cwnd * info.snd_mss;
        char *data = calloc(size, 1);
        if (data == NULL)
            return 1;
        must(polysock_sendall(client, data, size, NULL, TIMEOUT_MS));
        free(data);
        while (info = info_of(client), info.unacked > 0 || info.notsent_bytes > 0)
            nanosleep(&half_a_millisecond, NULL);
        windows[i] = info.snd_cwnd;
    }
    must(polysock_shutdown(client, POLYSOCK_SHUT_WR));
    pthread_join(taker, NULL);
    polysock_free(client);
    polysock_free(listener);

    printf("the congestion window at first: %u segments\n", windows[0]);
    printf("after each round:");
    for (int i = 1; i <= ROUNDS; i++)
        printf(" %u", windows[i]);
    printf("\nit grew %s\n", windows[ROUNDS] > 4 * windows[0] ? "more than fourfold" : "less than that");
}

/* Several writes that leave as one: TCP_CORK. */
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>

enum { TIMEOUT_MS = 5000, SIZE = 16 };

static void must(ssize_t code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
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
    must(polysock_set_nodelay(*client, true)); /* so that Nagle's algorithm has no part in it */
    polysock_free(listener);
}

/* What many servers write: the headers, an empty line, the body. */
static void answer(polysock_t *s)
{
    must(polysock_sendall(s, "Length: 5\n", 10, NULL, TIMEOUT_MS));
    must(polysock_sendall(s, "\n", 1, NULL, TIMEOUT_MS));
    must(polysock_sendall(s, "hello", 5, NULL, TIMEOUT_MS));
}

/* Reads it all, closes both ends and returns how many segments with data went out, without those sent
 * again. */
static unsigned finish(polysock_t *client, polysock_t *peer)
{
    char got[SIZE];
    polysock_tcp_stats info;
    must(polysock_recv_exact(peer, got, sizeof got, NULL, TIMEOUT_MS));
    must(polysock_tcp_info(client, &info, sizeof info));
    polysock_free(client);
    polysock_free(peer);
    return info.data_segs_out - info.total_retrans;
}

int main(void)
{
    polysock_t *client, *peer;

    connection(&client, &peer);
    answer(client);
    printf("without cork: 3 writes, %u segments\n", finish(client, peer));

    connection(&client, &peer);
    must(polysock_set_cork(client, true)); /* only full segments leave, for up to 200 ms */
    answer(client);
    must(polysock_set_cork(client, false)); /* what was held back leaves now */
    unsigned sent = finish(client, peer);
    printf("with cork: 3 writes, %s (%u)\n", sent < 3 ? "fewer segments" : "not fewer", sent);

    /* If all parts are available, one call is even better. */
    const polysock_iovec parts[] = {{"Length: 5\n", 10}, {"\n", 1}, {"hello", 5}};
    connection(&client, &peer);
    must(polysock_sendv(client, parts, 3, TIMEOUT_MS));
    printf("in one call: 1 write, %u segment\n", finish(client, peer));
}

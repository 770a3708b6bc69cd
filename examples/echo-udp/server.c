/* Echo over UDP, the server:  server [PORT [CLIENTS]]
 *
 * Sends each datagram back to where it came from. There are no connections, so nothing shows that a client is done: "bye"
 * says so here. After CLIENTS of them (default 1) the server ends. */
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 60000 };

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

int main(int argc, char **argv)
{
    static char data[65536]; /* no datagram is longer */
    int port = argc > 1 ? atoi(argv[1]) : 0, clients = argc > 2 ? atoi(argv[2]) : 1;
    char text[POLYSOCK_ADDR_TEXT_SIZE];
    polysock_t *s;
    polysock_addr address, from;

    must(polysock_addr_parse(&address, "127.0.0.1", port));
    must(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_DGRAM, 0));
    must(polysock_bind(s, &address)); /* no listen, no accept: one socket serves all clients */
    must(polysock_getsockname(s, &address));
    must(polysock_addr_format(&address, text, sizeof text));
    printf("listening on %s\n", text);
    fflush(stdout);

    while (clients > 0) {
        ssize_t n = polysock_recvfrom(s, data, sizeof data, 0, &from, NULL, TIMEOUT_MS);
        must((int)n); /* 0 is an empty datagram, not an end */
        must(polysock_addr_format(&from, text, sizeof text));
        printf("%zd bytes from %s\n", n, text);
        if (polysock_sendto(s, data, (size_t)n, 0, &from, TIMEOUT_MS) < 0)
            printf("no answer: %s\n", polysock_last_detail()); /* one client's failure does not end the server */
        clients -= n == 3 && memcmp(data, "bye", 3) == 0;
    }
    polysock_free(s);
}

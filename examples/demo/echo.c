/* Echo over TCP in C:  echo server CONNECTIONS  |  echo client PORT ROUNDS */
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 65536, TIMEOUT_MS = 10000 };
static unsigned char sent[PIECE], got[PIECE];

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

static void serve(int connections)
{
    polysock_t *listener, *s;
    polysock_addr me;
    must(polysock_create_server(&listener, "127.0.0.1", "0", 16));
    must(polysock_getsockname(listener, &me));
    printf("%d\n", polysock_addr_port(&me));
    fflush(stdout);
    while (connections-- > 0) {
        ssize_t n;
        must(polysock_accept(listener, &s, NULL, TIMEOUT_MS));
        while ((n = polysock_recv(s, got, PIECE, 0, TIMEOUT_MS)) > 0)
            must(polysock_sendall(s, got, (size_t)n, NULL, TIMEOUT_MS));
        must((int)n);
        polysock_free(s);
    }
    polysock_free(listener);
}

static void talk(const char *port, int rounds)
{
    polysock_t *s;
    must(polysock_create_connection(&s, "127.0.0.1", port, TIMEOUT_MS));
    for (int round = 0; round < rounds; round++) {
        memset(sent, 'a' + round % 26, PIECE);
        must(polysock_sendall(s, sent, PIECE, NULL, TIMEOUT_MS));
        must(polysock_recv_exact(s, got, PIECE, NULL, TIMEOUT_MS));
        if (memcmp(sent, got, PIECE) != 0)
            exit(2);
    }
    polysock_free(s);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "server") == 0)
        serve(atoi(argv[2]));
    else if (argc == 4 && strcmp(argv[1], "client") == 0)
        talk(argv[2], atoi(argv[3]));
    else
        return 64;
    return 0;
}

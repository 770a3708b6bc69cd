/* Ends each connection as its client asks, "close" or "reset":  server [PORT [CLIENTS]] */
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_FOR_CLIENT_MS = 60000, WAIT_FOR_DATA_MS = 5000 };

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

int main(int argc, char **argv)
{
    int clients = argc > 2 ? atoi(argv[2]) : 1;
    char text[POLYSOCK_ADDR_TEXT_SIZE], word[5];
    polysock_t *listener, *s;
    polysock_addr address;

    must(polysock_create_server(&listener, "127.0.0.1", argc > 1 ? argv[1] : "0", 16));
    must(polysock_getsockname(listener, &address));
    must(polysock_addr_format(&address, text, sizeof text));
    printf("listening on %s\n", text);
    fflush(stdout);

    while (clients > 0) {
        must(polysock_accept(listener, &s, NULL, WAIT_FOR_CLIENT_MS));
        if (polysock_recv_exact(s, word, sizeof word, NULL, WAIT_FOR_DATA_MS) < 0) {
            printf("%s\n", polysock_last_detail());
            clients--;
        } else if (memcmp(word, "close", sizeof word) == 0) {
            /* Everything is read, so close sends a FIN: "I have nothing more to send". This client comes
             * again. */
            puts("closing");
        } else if (memcmp(word, "reset", sizeof word) == 0) {
            /* Abort sends a RST: "this connection is over, for both of us". */
            puts("resetting");
            must(polysock_abort(s));
            clients--;
        } else {
            puts("no such request");
            clients--;
        }
        polysock_free(s); /* closes, if that was not done */
    }
    polysock_free(listener);
}

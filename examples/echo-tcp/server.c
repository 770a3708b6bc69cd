/* Echo over TCP, the server:  server [PORT [CLIENTS]]
 *
 * Sends back whatever a client sends, until the client ends its stream. It serves CLIENTS clients (default 1), one
 * after the other, and ends. A failing client costs only its own connection. */
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>

enum { WAIT_FOR_CLIENT_MS = 60000, WAIT_FOR_DATA_MS = 5000 };

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail()); /* what failed, and why */
        exit(1);
    }
}

/* Returns how many bytes were sent back, or a negative code. */
static ssize_t echo(polysock_t *s)
{
    char buf[4096];
    ssize_t n, total = 0;

    while ((n = polysock_recv(s, buf, sizeof buf, 0, WAIT_FOR_DATA_MS)) > 0) { /* 0: the client has ended its stream */
        int code = polysock_sendall(s, buf, (size_t)n, NULL, WAIT_FOR_DATA_MS);
        if (code < 0)
            return code;
        total += n;
    }
    return n < 0 ? n : total;
}

int main(int argc, char **argv)
{
    int clients = argc > 2 ? atoi(argv[2]) : 1;
    char text[POLYSOCK_ADDR_TEXT_SIZE];
    polysock_t *listener, *s;
    polysock_addr address;

    /* socket, bind and listen in one call; port 0 lets the system choose, so we ask which port it chose. */
    must(polysock_create_server(&listener, "127.0.0.1", argc > 1 ? argv[1] : "0", 16));
    must(polysock_getsockname(listener, &address));
    must(polysock_addr_format(&address, text, sizeof text));
    printf("listening on %s\n", text);
    fflush(stdout);

    for (int i = 1; i <= clients; i++) {
        must(polysock_accept(listener, &s, NULL, WAIT_FOR_CLIENT_MS));
        ssize_t n = echo(s);
        if (n < 0)
            printf("client %d: %s\n", i, polysock_last_detail());
        else
            printf("client %d: %zd bytes sent back\n", i, n);
        polysock_free(s); /* closes the connection */
    }
    polysock_free(listener);
}

/* Half close, the server:  server [PORT [CLIENTS]]
 *
 * Sends back in capitals what a client sends. When the client has ended its stream, it sends the sum of all
 * bytes, which the client gets because it still receives. */
#include <ctype.h>
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>

enum { WAIT_FOR_CLIENT_MS = 60000, TIMEOUT_MS = 5000 };

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

static int serve(polysock_t *s, int *lines, size_t *bytes)
{
    char buf[4096];
    ssize_t n;

    while ((n = polysock_recv(s, buf, sizeof buf, 0, TIMEOUT_MS)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            *lines += buf[i] == '\n';
            buf[i] = (char)toupper((unsigned char)buf[i]);
        }
        *bytes += (size_t)n;
        int code = polysock_sendall(s, buf, (size_t)n, NULL, TIMEOUT_MS);
        if (code < 0)
            return code;
    }
    if (n < 0)
        return (int)n;
    n = snprintf(buf, sizeof buf, "%d lines, %zu bytes\n", *lines, *bytes);
    return polysock_sendall(s, buf, (size_t)n, NULL, TIMEOUT_MS);
}

int main(int argc, char **argv)
{
    int clients = argc > 2 ? atoi(argv[2]) : 1;
    char text[POLYSOCK_ADDR_TEXT_SIZE];
    polysock_t *listener, *s;
    polysock_addr address;

    must(polysock_create_server(&listener, "127.0.0.1", argc > 1 ? argv[1] : "0", 16));
    must(polysock_getsockname(listener, &address));
    must(polysock_addr_format(&address, text, sizeof text));
    printf("listening on %s\n", text);
    fflush(stdout);

    for (int i = 1; i <= clients; i++) {
        int lines = 0;
        size_t bytes = 0;
        must(polysock_accept(listener, &s, NULL, WAIT_FOR_CLIENT_MS));
        if (serve(s, &lines, &bytes) < 0)
            printf("client %d: %s\n", i, polysock_last_detail());
        else
            printf("client %d: %d lines, %zu bytes\n", i, lines, bytes);
        polysock_free(s);
    }
    polysock_free(listener);
}

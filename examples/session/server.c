/* A session, the server:  server [PORT [CLIENTS [SECONDS]]]
 *
 * accept, then receive and answer in turns until the client says "bye". A client that sends nothing for SECONDS (60 by
 * default) is disconnected. */
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_FOR_CLIENT_MS = 60000, LINE = 1024 };

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

/* Receives a line. The client sends one and waits for its answer, so nothing follows it; but the line itself may
 * arrive in parts. Returns its length without the newline. */
static ssize_t recv_line(polysock_t *s, char *line, int timeout_ms)
{
    size_t got = 0;
    while (got == 0 || line[got - 1] != '\n') {
        if (got == LINE)
            return POLYSOCK_EMSGSIZE;
        ssize_t n = polysock_recv(s, line + got, LINE - got, 0, timeout_ms);
        if (n <= 0)
            return n < 0 ? n : POLYSOCK_EEOF;
        got += (size_t)n;
    }
    return (ssize_t)got - 1;
}

static int serve(polysock_t *s, int client, int timeout_ms)
{
    char line[LINE], answer[LINE + 64];
    for (int i = 1;; i++) {
        ssize_t n = recv_line(s, line, timeout_ms);
        if (n < 0)
            return (int)n;
        int bye = n == 3 && memcmp(line, "bye", 3) == 0;
        printf("client %d says: %.*s\n", client, (int)n, line);
        int size = bye ? sprintf(answer, "good bye after %d lines\n", i)
                       : sprintf(answer, "line %d has %zd bytes\n", i, n);
        int code = polysock_sendall(s, answer, (size_t)size, NULL, timeout_ms);
        if (code < 0 || bye)
            return code;
    }
}

int main(int argc, char **argv)
{
    int clients = argc > 2 ? atoi(argv[2]) : 1, seconds = argc > 3 ? atoi(argv[3]) : 60;
    char text[POLYSOCK_ADDR_TEXT_SIZE];
    polysock_t *listener, *s;
    polysock_addr address;

    must(polysock_create_server(&listener, "127.0.0.1", argc > 1 ? argv[1] : "0", 16));
    must(polysock_getsockname(listener, &address));
    must(polysock_addr_format(&address, text, sizeof text));
    printf("listening on %s\n", text);
    fflush(stdout);

    for (int i = 1; i <= clients; i++) {
        must(polysock_accept(listener, &s, NULL, WAIT_FOR_CLIENT_MS));
        int code = serve(s, i, seconds * 1000);
        printf("client %d: %s\n", i, code == 0 ? "done" : polysock_strerror(code));
        fflush(stdout);
        polysock_free(s);
    }
    polysock_free(listener);
}

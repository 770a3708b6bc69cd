/* Accepting only connections on which data have arrived: TCP_DEFER_ACCEPT. */
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>

enum { TIMEOUT_MS = 5000 };
static char text[101];

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

static const char *received(polysock_t *s)
{
    ssize_t n = polysock_recv(s, text, sizeof text - 1, 0, 0); /* a timeout of 0: don't wait */
    if (n == POLYSOCK_EAGAIN)
        return "nothing yet";
    must((int)n);
    text[n] = '\0';
    return text;
}

static polysock_t *connected(const polysock_addr *address)
{
    polysock_t *s;
    must(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    must(polysock_connect(s, address, TIMEOUT_MS));
    return s;
}

int main(void)
{
    polysock_t *listener, *client, *server;
    polysock_addr address;
    must(polysock_create_server(&listener, "127.0.0.1", "0", 5));
    must(polysock_getsockname(listener, &address));

    puts("without");
    client = connected(&address);
    must(polysock_accept(listener, &server, NULL, TIMEOUT_MS));
    printf("  the client is connected, accept brings the connection: %s\n", received(server));
    polysock_free(server);
    polysock_free(client);

    puts("with");
    /* For at most 5 seconds, which the kernel rounds up. After that, accept returns the connection without data. */
    must(polysock_set_defer_accept(listener, 5));
    client = connected(&address);
    int code = polysock_accept(listener, &server, NULL, 0);
    printf("  the client is connected, accept brings %s\n", code == POLYSOCK_EAGAIN ? "nothing" : "the connection");
    must(polysock_sendall(client, "hello", 5, NULL, TIMEOUT_MS));
    must(polysock_accept(listener, &server, NULL, TIMEOUT_MS));
    printf("  the client has spoken, accept brings the connection: %s\n", received(server));
    polysock_free(server);
    polysock_free(client);
    polysock_free(listener);
}

/* Restarting a server on its port: SO_REUSEADDR and TIME_WAIT. */
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>

enum { TIMEOUT_MS = 5000 };

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

static int listen_on(polysock_t **s, const polysock_addr *address, bool reuse)
{
    must(polysock_socket(s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    must(polysock_set_reuseaddr(*s, reuse));
    int code = polysock_bind(*s, address);
    if (code == 0)
        code = polysock_listen(*s, 5);
    if (code < 0)
        polysock_free(*s);
    return code;
}

static void attempt(const char *title, const polysock_addr *address, bool reuse)
{
    polysock_t *s;
    int code = listen_on(&s, address, reuse);
    if (code == 0)
        polysock_free(s);
    printf("%s: %s\n", title, code == 0 ? "ok" : polysock_err_name(code));
}

int main(void)
{
    polysock_t *listener, *client, *server;
    polysock_addr address;
    char byte;

    /* A server serves a client and closes first: the port then stays in TIME_WAIT for a minute, because of
     * late segments. */
    must(polysock_addr_parse(&address, "127.0.0.1", 0));
    must(listen_on(&listener, &address, true));
    must(polysock_getsockname(listener, &address));
    must(polysock_socket(&client, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    must(polysock_connect(client, &address, TIMEOUT_MS));
    must(polysock_accept(listener, &server, NULL, TIMEOUT_MS)); /* inherits reuse-address */

    attempt("while it listens, with reuse-address", &address, true);
    polysock_free(listener);
    attempt("while it serves, without", &address, false);
    attempt("while it serves, with", &address, true);
    polysock_free(server);
    must((int)polysock_recv(client, &byte, 1, 0, TIMEOUT_MS));
    polysock_free(client);
    attempt("in TIME_WAIT, without", &address, false);
    attempt("in TIME_WAIT, with", &address, true);
}

/* A server that greets its clients with a number, and five clients. The callback does not deal with accepting. */
#include <polysock/polysock.h>
#include <stdio.h>

static int greet(polysock_t *connection, const polysock_addr *peer, void *user)
{
    char name[64], text[128];
    ssize_t n = polysock_recv(connection, name, sizeof name - 1, 0, 5000);
    if (n <= 0)
        return (int)n; /* a failure is passed to on_error, and the server continues */
    name[n] = '\0';
    (void)peer;
    int length = snprintf(text, sizeof text, "%s, %s", (const char *)user, name);
    return polysock_sendall(connection, text, (size_t)length, NULL, 5000);
}

static void complain(int code, const polysock_addr *peer, void *user)
{
    (void)user;
    fprintf(stderr, "%s: %s\n", peer != NULL ? "a connection" : "the server", polysock_strerror(code));
}

int main(void)
{
    polysock_server_options options = POLYSOCK_SERVER_OPTIONS_INITIALIZER;
    options.max_connections = 2; /* at once; the others wait */
    options.on_error = complain;

    polysock_t *listener;
    polysock_server *server;
    polysock_addr address;
    if (polysock_create_server(&listener, "127.0.0.1", "0", 16) < 0 || polysock_getsockname(listener, &address) < 0 ||
        polysock_server_start(&server, listener, greet, "Hello", &options) < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        return 1;
    }

    int served = 0;
    for (int i = 0; i < 5; i++) {
        polysock_t *s;
        char name[16], answer[128];
        int length = snprintf(name, sizeof name, "client %d", i);
        if (polysock_socket(&s, polysock_addr_family(&address), POLYSOCK_SOCK_STREAM, 0) < 0)
            return 1;
        ssize_t n = -1;
        if (polysock_connect(s, &address, 5000) == 0 && polysock_sendall(s, name, (size_t)length, NULL, 5000) == 0)
            n = polysock_recv(s, answer, sizeof answer - 1, 0, 5000);
        if (n > 0) {
            answer[n] = '\0';
            puts(answer);
            served++;
        }
        polysock_free(s);
    }

    size_t running;
    int code = polysock_server_stop(server, 5000, &running); /* time for the last to finish */
    polysock_server_free(server);
    polysock_free(listener);
    return code == 0 && running == 0 && served == 5 ? 0 : 1;
}

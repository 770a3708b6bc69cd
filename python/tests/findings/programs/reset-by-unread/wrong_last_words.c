/* A client does not receive the server's last words; the server, which waits for the client to end, is reset. */
#include <polysock/polysock.h>
#include <pthread.h>
#include <stdio.h>

static polysock_t *listener;

static void *serve(void *unused)
{
    polysock_t *s;
    char request[100];

    if (polysock_accept(listener, &s, NULL, 5000) == 0) {
        while (polysock_recv(s, request, sizeof request, 0, 5000) > 0)
            polysock_sendall(s, "220 ready\r\n221 good bye\r\n", 25, NULL, 5000);
        polysock_free(s);
    }
    return unused;
}

int main(void)
{
    polysock_t *s;
    polysock_addr address;
    char text[POLYSOCK_ADDR_TEXT_SIZE], *port, greeting[11];
    pthread_t thread;

    if (polysock_create_server(&listener, "127.0.0.1", "0", 5) < 0 || polysock_getsockname(listener, &address) < 0 ||
        polysock_addr_format(&address, text, sizeof text) < 0)
        return 1;
    for (port = text; *port != ':'; port++)
        ;
    pthread_create(&thread, NULL, serve, NULL);
    if (polysock_create_connection(&s, "127.0.0.1", port + 1, 5000) < 0 || polysock_sendall(s, "HELO\r\n", 6, NULL, 5000) < 0 ||
        polysock_recv_exact(s, greeting, sizeof greeting, NULL, 5000) < 0)
        return 2;
    polysock_free(s);
    pthread_join(thread, NULL);
    polysock_free(listener);
}

/* A program that uses an installed polysock. */
#include <polysock/polysock.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    polysock_t *listener, *client, *server;
    polysock_addr a;
    char text[POLYSOCK_ADDR_TEXT_SIZE], back[6];
    if (polysock_create_server(&listener, "127.0.0.1", "0", 1) < 0 || polysock_getsockname(listener, &a) < 0 ||
        polysock_addr_format(&a, text, sizeof text) < 0 || polysock_create_connection(&client, text, NULL, 5000) < 0 ||
        polysock_accept(listener, &server, NULL, 5000) < 0 || polysock_sendall(client, "hello", 6, NULL, 5000) < 0 ||
        polysock_recv_exact(server, back, 6, NULL, 5000) < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        return 1;
    }
    printf("%s from polysock %s\n", back, polysock_version_string());
    polysock_free(client);
    polysock_free(server);
    polysock_free(listener);
    return strcmp(back, "hello") != 0;
}

/* Java-style calls: a close that loses no data, an end of stream that stays the end, one time limit for reads. */
#include <polysock/polysock.h>
#include <stdio.h>

int main(void)
{
    polysock_t *listener, *client, *server;
    polysock_addr address;
    char port[8], buf[16];
    ssize_t n;

    if (polysock_net_server_socket(&listener, 0, 50, "127.0.0.1") < 0 || polysock_getsockname(listener, &address) < 0)
        return 1;
    snprintf(port, sizeof port, "%d", polysock_addr_port(&address));
    if (polysock_create_connection(&client, "127.0.0.1", port, 1000) < 0 ||
        polysock_accept(listener, &server, NULL, 1000) < 0)
        return 1;

    polysock_net_set_so_timeout(server, 50);
    printf("%s\n", polysock_err_name((int)polysock_net_read(server, buf, sizeof buf)));

    polysock_net_write(server, "never read", 10, NULL);
    polysock_net_write(client, "last words", 10, NULL);
    polysock_net_close(client); /* polysock_close() would reset the connection: there is unread input */
    while ((n = polysock_net_read(server, buf, sizeof buf)) > 0)
        printf("%.*s\n", (int)n, buf);
    polysock_net_close(server);
    n = polysock_net_read(server, buf, sizeof buf);
    printf("%s, and for good\n", polysock_err_name((int)n));

    polysock_free(client);
    polysock_free(server);
    polysock_free(listener);
    return n == POLYSOCK_EEOF ? 0 : 1;
}

/* Numbers are sent as text without a delimiter; the server answers with "ok". */
#include <polysock/polysock.h>
#include <string.h>

static polysock_t *client, *server;

static int answer(void)
{
    char number[100], ok[2];

    if (polysock_recv(server, number, sizeof number, 0, 5000) < 0 || polysock_sendall(server, "ok", 2, NULL, 5000) < 0)
        return -1;
    return polysock_recv_exact(client, ok, sizeof ok, NULL, 5000);
}

int main(void)
{
    static const char *const numbers[] = {"12", "345", "6789"};

    if (polysock_socketpair(&client, &server, POLYSOCK_SOCK_STREAM) < 0)
        return 1;
    for (int i = 0; i < 3; i++) {
        polysock_sendall(client, numbers[i], strlen(numbers[i]), NULL, 5000);
        if (answer() < 0)
            return 2;
    }
    polysock_sendall(client, "1", 1, NULL, 5000);
    polysock_sendall(client, "2", 1, NULL, 5000);
    if (answer() < 0)
        return 3;
    polysock_free(client);
    polysock_free(server);
}

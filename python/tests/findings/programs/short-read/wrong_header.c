/* The server asks for a header of four bytes, gets three, and goes on with what it takes for the body. */
#include <polysock/polysock.h>
#include <pthread.h>
#include <string.h>

static polysock_t *client, *server;

static void *serve(void *unused)
{
    char header[4], body[100];

    if (polysock_recv(server, header, sizeof header, 0, 5000) > 0)
        polysock_sendall(server, "go on", 5, NULL, 5000);
    polysock_recv(server, body, sizeof body, 0, 5000);
    return unused;
}

int main(void)
{
    char answer[5];
    pthread_t thread;

    if (polysock_socketpair(&client, &server, POLYSOCK_SOCK_STREAM) < 0)
        return 1;
    polysock_sendall(client, "hea", 3, NULL, 5000);
    pthread_create(&thread, NULL, serve, NULL);
    polysock_recv_exact(client, answer, 5, NULL, 5000);
    polysock_sendall(client, "d", 1, NULL, 5000);
    polysock_sendall(client, "body", 4, NULL, 5000);
    pthread_join(thread, NULL);
    polysock_free(client);
    polysock_free(server);
}

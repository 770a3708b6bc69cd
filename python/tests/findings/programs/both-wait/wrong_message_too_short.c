/* The server waits for ten bytes, the client has sent nine and waits for the answer. */
#include <polysock/polysock.h>
#include <pthread.h>

static polysock_t *client, *server;

static void *serve(void *unused)
{
    char message[10];

    if (polysock_recv_exact(server, message, sizeof message, NULL, 5000) == 0)
        polysock_sendall(server, "ok", 2, NULL, 5000);
    return unused;
}

int main(void)
{
    pthread_t thread;
    char answer[2];

    if (polysock_socketpair(&client, &server, POLYSOCK_SOCK_STREAM) < 0)
        return 1;
    pthread_create(&thread, NULL, serve, NULL);
    polysock_sendall(client, "a message", 9, NULL, 5000);
    polysock_recv_exact(client, answer, sizeof answer, NULL, 1000);
    polysock_free(client);
    pthread_join(thread, NULL);
    polysock_free(server);
}

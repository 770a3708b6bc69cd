/* Four clients in a chat room:  client HOST PORT */
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 5000, LONGEST = 400 };

struct client {
    const char *name;
    polysock_t *socket;
};

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

static void says(const struct client *client, const char *text)
{
    printf("%s says: %s\n", client->name, text);
    must(polysock_sendall(client->socket, text, strlen(text), NULL, TIMEOUT_MS));
    must(polysock_sendall(client->socket, "\n", 1, NULL, TIMEOUT_MS));
}

static void hears(const struct client *client)
{
    char line[LONGEST];
    ssize_t n = polysock_recv_line(client->socket, line, sizeof line, NULL, TIMEOUT_MS);
    if (n == POLYSOCK_EEOF) {
        printf("%s hears: (the end)\n", client->name);
        return;
    }
    must((int)n);
    printf("%s hears: %.*s\n", client->name, (int)n, line);
}

static struct client comes(char **address, const char *name)
{
    struct client client = {name, NULL};
    must(polysock_create_connection(&client.socket, address[1], address[2], TIMEOUT_MS));
    hears(&client);
    return client;
}

int main(int argc, char **argv)
{
    char long_line[1001];
    if (argc != 3) {
        fprintf(stderr, "usage: client HOST PORT\n");
        return 64;
    }

    struct client ann = comes(argv, "Ann");
    says(&ann, "Ann");
    hears(&ann);

    struct client bob = comes(argv, "Bob");
    says(&bob, "Ann");
    hears(&bob);
    says(&bob, "Bob");
    hears(&bob);
    hears(&ann);

    struct client eve = comes(argv, "Eve");
    says(&eve, "Eve");
    hears(&eve);
    hears(&ann);
    hears(&bob);

    says(&ann, "hello\nhow are you?"); /* two messages in one segment */
    hears(&bob);
    hears(&bob);
    hears(&eve);
    hears(&eve);

    says(&eve, "bye");
    hears(&eve);
    hears(&eve);
    hears(&ann);
    hears(&bob);

    printf("Bob says a thousand letters\n");
    memset(long_line, 'o', 1000);
    long_line[1000] = '\n';
    must(polysock_sendall(bob.socket, long_line, sizeof long_line, NULL, TIMEOUT_MS));
    hears(&bob);
    hears(&ann);

    struct client nameless = comes(argv, "a fourth");
    says(&nameless, "R2-D2");
    hears(&nameless);
    hears(&nameless);

    polysock_free(ann.socket);
    polysock_free(bob.socket);
    polysock_free(eve.socket);
    polysock_free(nameless.socket);
}

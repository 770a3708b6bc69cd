/* Reads a greeting to its end:  client HOST PORT */
#include <polysock/polysock.h>
#include <stdio.h>

enum { TIMEOUT_MS = 5000 };

int main(int argc, char **argv)
{
    char buf[100];
    polysock_t *s;
    ssize_t n;

    if (argc != 3) {
        fprintf(stderr, "usage: client HOST PORT\n");
        return 64;
    }
    if (polysock_create_connection(&s, argv[1], argv[2], TIMEOUT_MS) < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        return 1;
    }
    while ((n = polysock_recv(s, buf, sizeof buf, 0, TIMEOUT_MS)) > 0)
        printf("%.*s", (int)n, buf);
    if (n < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        return 1;
    }
    printf(", and the end of the stream\n");
    polysock_free(s);
}

/* A session, the client:  client HOST PORT
 *
 * Sends the lines of its standard input one by one, each after the previous answer. "bye" ends the session, and so
 * does the end of the input. */
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 5000, LINE = 1024 };

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

int main(int argc, char **argv)
{
    char line[LINE], answer[LINE + 1];
    polysock_t *s;

    if (argc != 3) {
        fprintf(stderr, "usage: client HOST PORT\n");
        return 64;
    }
    must(polysock_create_connection(&s, argv[1], argv[2], TIMEOUT_MS));
    printf("connected; type lines, and bye\n");

    do {
        if (fgets(line, sizeof line - 1, stdin) == NULL)
            strcpy(line, "bye");
        line[strcspn(line, "\n")] = 0;
        strcat(line, "\n");
        must(polysock_sendall(s, line, strlen(line), NULL, TIMEOUT_MS));

        size_t got = 0; /* the answer ends with a newline; it may arrive in parts */
        while (got == 0 || answer[got - 1] != '\n') {
            ssize_t n = polysock_recv(s, answer + got, LINE - got, 0, TIMEOUT_MS);
            must((int)n);
            if (n == 0) {
                fprintf(stderr, "the server ended the session\n");
                return 1;
            }
            got += (size_t)n;
        }
        answer[got] = 0;
        printf("server: %s", answer);
        fflush(stdout);
    } while (strcmp(line, "bye\n") != 0);
    polysock_free(s);
}

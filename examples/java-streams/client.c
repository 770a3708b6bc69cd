/* Java's streams, the client in C:  client HOST PORT */
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 5000 };

static void must(ssize_t code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

int main(int argc, char **argv)
{
    static const char *const lines[] = {"hello", "stressed", "", "the last one"};
    enum { LINES = sizeof lines / sizeof *lines };
    char buf[1024] = "", *answer = buf;
    size_t got = 0;
    ssize_t n;
    polysock_t *s;

    if (argc != 3) {
        fprintf(stderr, "usage: client HOST PORT\n");
        return 64;
    }
    must(polysock_create_connection(&s, argv[1], argv[2], TIMEOUT_MS));

    for (size_t i = 0; i < LINES; i++) /* only fills the buffer */
        strcat(strcat(buf, lines[i]), "\n");
    must(polysock_sendall(s, buf, strlen(buf), NULL, TIMEOUT_MS)); /* now all are sent together */
    must(polysock_shutdown(s, POLYSOCK_SHUT_WR));                  /* "that was all" */

    /* The answers are short and end with the stream, so all of them are received before they are split into lines. */
    while ((n = polysock_recv(s, buf + got, sizeof buf - 1 - got, 0, TIMEOUT_MS)) > 0)
        got += (size_t)n;
    must(n);
    buf[got] = 0;
    for (size_t i = 0; i < LINES; i++) {
        size_t length = strcspn(answer, "\n");
        printf("\"%s\" came back as \"%.*s\"\n", lines[i], (int)length, answer);
        answer += length + (answer[length] == '\n');
    }
    printf("and then the end of the stream: %s\n", *answer == 0 ? "None" : answer);
    polysock_free(s);
}

/* HTTP/1.0 by hand, the client:  client HOST PORT */
#define _POSIX_C_SOURCE 200809L
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TIMEOUT_MS = 5000, ANSWER_LIMIT = 65536 };

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

/* Sends a request and prints the answer, which ends when the connection does. */
static void ask(const char *host, const char *port, const char *request)
{
    static char answer[ANSWER_LIMIT + 1];
    char text[512];
    size_t got = 0;
    ssize_t n;
    polysock_t *s;

    must(polysock_create_connection(&s, host, port, TIMEOUT_MS));
    int size = snprintf(text, sizeof text, "%s\r\nHost: %s:%s\r\n\r\n", request, host, port);
    must(polysock_sendall(s, text, (size_t)size, NULL, TIMEOUT_MS));
    while ((n = polysock_recv(s, answer + got, ANSWER_LIMIT - got, 0, TIMEOUT_MS)) > 0)
        got += (size_t)n;
    must((int)n);
    answer[got] = 0;
    polysock_free(s);

    printf("%s\n", request);
    char *content = strstr(answer, "\r\n\r\n"), *line = strstr(answer, "\r\n");
    if (strncmp(answer, "HTTP/1.", 7) != 0 || content == NULL) {
        printf("  no answer\n");
        return;
    }
    printf("  %.*s\n", (int)(line - answer - 9), answer + 9); /* after "HTTP/1.0 " */
    content += 4;
    for (; line + 4 < content; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, "Content-Length:", 15) == 0)
            printf("  %d bytes promised, %zu came\n", atoi(line + 17), strlen(content));
    for (char *word = strtok(content, "\n"); word != NULL; word = strtok(NULL, "\n"))
        printf("  | %s\n", word);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: client HOST PORT\n");
        return 64;
    }
    ask(argv[1], argv[2], "GET / HTTP/1.0");
    ask(argv[1], argv[2], "GET /hello.txt HTTP/1.0");
    ask(argv[1], argv[2], "HEAD /hello.txt HTTP/1.0");
    ask(argv[1], argv[2], "GET /nothing HTTP/1.0");
    ask(argv[1], argv[2], "POST /hello.txt HTTP/1.0");
    ask(argv[1], argv[2], "may I have the page, please?");
}

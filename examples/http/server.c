/* HTTP/1.0 by hand, the server:  server [PORT [CLIENTS]]
 *
 * A request is a line, headers and an empty line. The answer has the same form, then the content. */
#include <polysock/polysock.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_FOR_CLIENT_MS = 60000, TIMEOUT_MS = 5000, HEAD_LIMIT = 8192, DRAIN_LIMIT = 1 << 20 };

static const struct {
    const char *path, *type, *content;
} pages[] = {
    {"/", "text/html", "<h1>It works</h1>\n<a href=\"/hello.txt\">hello</a>\n"},
    {"/hello.txt", "text/plain", "Hello, world!\n"},
};

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

/* Receives up to the empty line that ends a request. Returns 0 if the client stopped or the request is too long. */
static int recv_head(polysock_t *s, char *head)
{
    size_t got = 0;
    head[0] = 0;
    while (strstr(head, "\r\n\r\n") == NULL) {
        if (got == HEAD_LIMIT)
            return 0;
        ssize_t n = polysock_recv(s, head + got, HEAD_LIMIT - got, 0, TIMEOUT_MS);
        if (n <= 0)
            return (int)n;
        got += (size_t)n;
        head[got] = 0;
    }
    return 1;
}

/* Splits "GET /path HTTP/1.0" into its parts. */
static bool parse(char *head, const char **method, const char **path)
{
    head[strcspn(head, "\r\n")] = 0;
    *method = strtok(head, " ");
    *path = strtok(NULL, " ");
    const char *version = strtok(NULL, " ");
    return version != NULL && strtok(NULL, " ") == NULL && **path == '/' && strncmp(version, "HTTP/1.", 7) == 0;
}

static int answer(polysock_t *s, const char *status, const char *type, const char *content, bool head_only)
{
    char text[512];
    int n = snprintf(text, sizeof text, "HTTP/1.0 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", status, type,
                     strlen(content), head_only ? "" : content);
    return polysock_sendall(s, text, (size_t)n, NULL, TIMEOUT_MS);
}

/* Answers one request. A close with unread bytes would reset the connection, and the answer might get lost: so it ends its
 * own stream and reads what is left. */
static int serve(polysock_t *s, int client)
{
    char head[HEAD_LIMIT + 1];
    const char *method, *path, *status = "404 Not Found", *type = "text/plain", *content = "there is no such page\n";
    bool head_only = false;

    int code = recv_head(s, head);
    if (code < 0)
        return code;
    if (code == 0 || !parse(head, &method, &path)) {
        status = "400 Bad Request", content = "that is no request\n";
    } else if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        status = "501 Not Implemented", content = "only GET and HEAD\n";
    } else {
        head_only = strcmp(method, "HEAD") == 0;
        for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
            if (strcmp(path, pages[i].path) == 0)
                status = "200 OK", type = pages[i].type, content = pages[i].content;
    }
    code = answer(s, status, type, content, head_only);
    if (code < 0)
        return code;
    printf("client %d: %s\n", client, status);

    polysock_shutdown(s, POLYSOCK_SHUT_WR);
    ssize_t n = 1;
    for (size_t drained = 0; n > 0 && drained < DRAIN_LIMIT; drained += (size_t)n)
        n = polysock_recv(s, head, sizeof head, 0, TIMEOUT_MS);
    return n < 0 ? (int)n : 0;
}

int main(int argc, char **argv)
{
    int clients = argc > 2 ? atoi(argv[2]) : 1;
    char text[POLYSOCK_ADDR_TEXT_SIZE];
    polysock_t *listener, *s;
    polysock_addr address;

    must(polysock_create_server(&listener, "127.0.0.1", argc > 1 ? argv[1] : "0", 16));
    must(polysock_getsockname(listener, &address));
    must(polysock_addr_format(&address, text, sizeof text));
    printf("listening on %s\n", text);
    fflush(stdout);

    for (int i = 1; i <= clients; i++) {
        must(polysock_accept(listener, &s, NULL, WAIT_FOR_CLIENT_MS));
        if (serve(s, i) < 0)
            printf("client %d: %s\n", i, polysock_last_detail());
        fflush(stdout);
        polysock_free(s);
    }
    polysock_free(listener);
}

/* Java's streams, the server in C:  server [PORT [CLIENTS]]
 *
 * Java's BufferedReader becomes a buffer and a function. Sends each line back reversed, until the client has ended
 * its stream. */
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_FOR_CLIENT_MS = 60000, TIMEOUT_MS = 5000, LINE_LIMIT = 1024 };

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

struct reader {
    polysock_t *s;
    size_t start, end; /* what was received and not returned yet */
    char buf[LINE_LIMIT];
};

/* Finds the next line; returns its length with its end, 0 at the end of the stream. It stays in the buffer until the next
 * call. A receive may return half a line or three: the rest waits in the buffer. */
static ssize_t read_line(struct reader *r, char **line)
{
    char *stop;
    while ((stop = memchr(r->buf + r->start, '\n', r->end - r->start)) == NULL) {
        r->end -= r->start;
        memmove(r->buf, r->buf + r->start, r->end);
        r->start = 0;
        if (r->end == LINE_LIMIT)
            return POLYSOCK_EMSGSIZE;
        ssize_t n = polysock_recv(r->s, r->buf + r->end, LINE_LIMIT - r->end, 0, TIMEOUT_MS);
        if (n < 0 || (n == 0 && r->end == 0))
            return n;
        if (n == 0) /* a last line without a newline gets one */
            r->buf[r->end++] = '\n';
        else
            r->end += (size_t)n;
    }
    *line = r->buf + r->start;
    r->start = (size_t)(stop - r->buf) + 1;
    return stop + 1 - *line;
}

static int serve(polysock_t *s)
{
    struct reader reader = {.s = s};
    char *line = NULL;
    ssize_t n;
    int count = 0;

    while ((n = read_line(&reader, &line)) > 0) {
        for (ssize_t i = 0, j = n - 2; i < j; i++, j--) {
            char c = line[i];
            line[i] = line[j], line[j] = c;
        }
        int code = polysock_sendall(s, line, (size_t)n, NULL, TIMEOUT_MS);
        if (code < 0)
            return code;
        count++;
    }
    return n < 0 ? (int)n : count;
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
        int count = serve(s);
        if (count < 0)
            printf("client %d: %s\n", i, polysock_strerror(count));
        else
            printf("client %d: %d lines\n", i, count);
        polysock_free(s);
    }
    polysock_free(listener);
}

/* Messages and lines in a stream: each arrives whole, however the bytes were divided on the way. */
#include <polysock/polysock.h>
#include <stdio.h>

int main(void)
{
    polysock_t *a, *b;
    polysock_reader *reader;
    polysock_frame several[] = {{"one", 3}, {"two", 3}, {"", 0}}, frames[16];
    polysock_framing lines = POLYSOCK_FRAMING_INITIALIZER;
    const void *message;
    const char *line;
    ssize_t n;

    if (polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM) < 0 || polysock_reader_new(&reader, b, NULL) < 0)
        return 1;
    polysock_send_frame(a, "hello", 5, NULL, 1000); /* NULL: a 32-bit length in network byte order before it */
    n = polysock_reader_frame(reader, &message, 1000);
    printf("%.*s\n", (int)n, (const char *)message);

    polysock_send_frames(a, several, 3, NULL, NULL, 1000);
    n = polysock_reader_frames(reader, frames, 16, 1000); /* all that have arrived */
    printf("%d messages, the second is %.*s\n", (int)n, (int)frames[1].len, (const char *)frames[1].data);

    char buf[64];
    polysock_send_frame(b, "and back", 8, NULL, 1000);
    n = polysock_recv_frame(a, buf, sizeof buf, NULL, NULL, 1000); /* into a buffer, without a reader */
    printf("%.*s\n", (int)n, buf);

    lines.kind = POLYSOCK_FRAMING_LINES;
    polysock_send_frame(a, "a line", 6, &lines, 1000);
    n = polysock_reader_line(reader, &line, 1000);
    printf("%.*s\n", (int)n, line);

    polysock_sendall(a, "\0\0\0\5hel", 7, NULL, 1000);
    polysock_free(a);
    n = polysock_reader_frame(reader, &message, 1000);
    printf("%s, %zu bytes missing\n", polysock_err_name((int)n), polysock_last_missing());
    polysock_reader_free(reader);
    polysock_free(b);
    return n == POLYSOCK_ETRUNCATED ? 0 : 1;
}

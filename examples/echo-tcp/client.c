/* Echo over TCP, the client:  client HOST PORT */
#include <polysock/polysock.h>
#include <stdio.h>
#include <string.h>

enum { TIMEOUT_MS = 5000 };

static int fail(void)
{
    fprintf(stderr, "%s\n", polysock_last_detail());
    return 1;
}

int main(int argc, char **argv)
{
    static const char *const lines[] = {"hello", "TCP carries a stream of bytes", "good bye"};
    char answer[64];
    polysock_t *s;

    if (argc != 3) {
        fprintf(stderr, "usage: client HOST PORT\n");
        return 64;
    }
    if (polysock_create_connection(&s, argv[1], argv[2], TIMEOUT_MS) < 0)
        return fail();
    printf("connected\n");

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        size_t n = strlen(lines[i]);
        /* sendall: a single send may send only a part. recv_exact: a single recv may return only a part. */
        if (polysock_sendall(s, lines[i], n, NULL, TIMEOUT_MS) < 0 ||
            polysock_recv_exact(s, answer, n, NULL, TIMEOUT_MS) < 0)
            return fail();
        printf("sent \"%s\", received \"%.*s\"\n", lines[i], (int)n, answer);
    }
    polysock_free(s); /* closes: the server reads the end of the stream */
}

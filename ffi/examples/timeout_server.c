/* An echo server. A client that sends nothing for 5 seconds is disconnected. */
#include <polysock/polysock.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    polysock_t *listener, *s;
    polysock_addr a;
    char text[POLYSOCK_ADDR_TEXT_SIZE], buf[512];
    ssize_t n;

    if (polysock_create_server(&listener, "127.0.0.1", argc > 1 ? argv[1] : "0", 16) < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        return 1;
    }
    polysock_getsockname(listener, &a);
    polysock_addr_format(&a, text, sizeof text);
    printf("%s\n", text);
    fflush(stdout);
    while (polysock_accept(listener, &s, NULL, POLYSOCK_INFINITE) == 0) {
        while ((n = polysock_recv(s, buf, sizeof buf, 0, 5000)) > 0)
            if ((n = polysock_sendall(s, buf, (size_t)n, NULL, 5000)) < 0)
                break;
        if (n < 0)
            fprintf(stderr, "%s\n", polysock_last_detail());
        polysock_free(s);
    }
    return 0;
}

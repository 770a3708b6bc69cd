/* Two UDP sockets; a datagram that is longer than the buffer is reported as truncated. */
#include <polysock/polysock.h>
#include <stdio.h>

static polysock_t *make(polysock_addr *a)
{
    polysock_t *s;
    if (polysock_addr_parse(a, "127.0.0.1:0", 0) < 0 || polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_DGRAM, 0) < 0)
        return NULL;
    polysock_bind(s, a);
    polysock_getsockname(s, a);
    return s;
}

int main(void)
{
    polysock_addr here, there, from;
    polysock_t *a = make(&here), *b = make(&there);
    char buf[4], text[POLYSOCK_ADDR_TEXT_SIZE];
    int flags = 0;

    polysock_sendto(a, "hello", 5, 0, &there, 1000);
    ssize_t n = polysock_recvfrom(b, buf, sizeof buf, 0, &from, &flags, 1000);
    if (n < 0 || polysock_addr_format(&from, text, sizeof text) < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        return 1;
    }
    printf("%.*s%s, from the right one: %d\n", (int)n, buf, flags & POLYSOCK_MSG_TRUNC ? "..." : "",
           polysock_addr_equal(&from, &here));
    polysock_free(a);
    polysock_free(b);
    return 0;
}

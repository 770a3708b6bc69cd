/* The buffers of a connection, as requested and as the kernel sizes them: SO_SNDBUF, SO_RCVBUF. */
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>

enum { TIMEOUT_MS = 5000 };
static char data[65536];

static void must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", polysock_last_detail());
        exit(1);
    }
}

static size_t buffer_after_asking(size_t size)
{
    polysock_t *s;
    must(polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    must(polysock_set_sndbuf(s, size));
    must(polysock_get_sndbuf(s, &size));
    polysock_free(s);
    return size;
}

/* How many bytes can be sent to a peer that does not read, with buffers of this size at both
 * ends. */
static size_t fits(size_t size)
{
    polysock_t *listener, *client, *peer;
    polysock_addr address;
    ssize_t n;
    size_t total = 0;

    /* Before listen and connect: the size of the receive buffer determines what is negotiated when a connection
     * is made. */
    must(polysock_socket(&listener, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    must(polysock_set_rcvbuf(listener, size));
    must(polysock_addr_parse(&address, "127.0.0.1", 0));
    must(polysock_bind(listener, &address));
    must(polysock_listen(listener, 5));
    must(polysock_getsockname(listener, &address));
    must(polysock_socket(&client, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0));
    must(polysock_set_sndbuf(client, size));
    must(polysock_connect(client, &address, TIMEOUT_MS));
    must(polysock_accept(listener, &peer, NULL, TIMEOUT_MS)); /* inherits the listener's size */

    while ((n = polysock_send(client, data, sizeof data, 0, 0)) > 0) /* a timeout of 0: don't wait */
        total += (size_t)n;
    polysock_free(client);
    polysock_free(peer);
    polysock_free(listener);
    return total;
}

int main(void)
{
    printf("asked for 20000 bytes: %zu\n", buffer_after_asking(20000));
    printf("asked for 1 byte: %zu\n", buffer_after_asking(1));
    size_t most = buffer_after_asking(1 << 29);
    printf("asked for 512 MiB: %zu, %s\n", most, most < 1 << 29 ? "less" : "not less");

    size_t small = fits(10000), large = fits(100000);
    printf("before a peer that does not read: %zu bytes with small buffers, %zu with large, %s\n", small, large,
           large > small ? "more" : "not more");
}

/* Options: set, read back, refused with the name of the argument; and what the kernel reports of a connection. */
#include <polysock/polysock.h>
#include <stdio.h>

int main(void)
{
    polysock_t *listener, *s;
    polysock_addr a;
    polysock_tcp_stats stats;
    size_t bytes;

    if (polysock_create_server(&listener, "127.0.0.1", "0", 1) < 0 || polysock_getsockname(listener, &a) < 0 ||
        polysock_socket(&s, POLYSOCK_AF_INET, POLYSOCK_SOCK_STREAM, 0) < 0)
        return 1;
    polysock_set_nodelay(s, true);
    polysock_set_keepalive(s, true, 60, 10, 3);
    polysock_set_timeout(s, 30000, 5000); /* for calls with POLYSOCK_DEFAULT */
    if (polysock_set_sndbuf(s, 100000) == 0 && polysock_get_sndbuf(s, &bytes) == 0)
        printf("send buffer %zu bytes\n", bytes); /* the kernel doubles it */
    if (polysock_set_ttl(s, 256) < 0)
        printf("%s\n", polysock_last_detail());

    if (polysock_connect(s, &a, POLYSOCK_DEFAULT) == 0 && polysock_tcp_info(s, &stats, sizeof stats) == 0)
        printf("%s, round trip under a second: %d\n", polysock_state(s), stats.rtt_us < 1000000);
    polysock_free(s);
    polysock_free(listener);
    return 0;
}

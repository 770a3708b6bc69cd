/* Sends a hundred datagrams in one call, one of them to nowhere; another call receives all that arrived. */
#include <polysock/polysock.h>
#include <stdio.h>

enum { COUNT = 100 };

int main(void)
{
    polysock_addr to, nowhere;
    polysock_t *a, *b;
    static char memory[COUNT][64];
    static polysock_dgram out[COUNT], in[COUNT];
    polysock_addr_parse(&to, "127.0.0.1:0", 0);
    polysock_addr_parse(&nowhere, "127.0.0.1:0", 0);
    if (polysock_socket(&a, POLYSOCK_AF_INET, POLYSOCK_SOCK_DGRAM, 0) < 0 ||
        polysock_socket(&b, POLYSOCK_AF_INET, POLYSOCK_SOCK_DGRAM, 0) < 0)
        return 1;
    polysock_bind(b, &to);
    polysock_getsockname(b, &to);

    for (int i = 0; i < COUNT; i++) {
        out[i].buf = "hello";
        out[i].len = 5;
        out[i].addr = i == 3 ? &nowhere : &to;
        in[i].buf = memory[i];
        in[i].len = sizeof memory[i];
    }
    int sent = polysock_send_batch(a, out, COUNT, 1000);
    for (int i = 0; i < COUNT; i++)
        if (out[i].result < 0)
            printf("number %d: %s\n", i, polysock_strerror((int)out[i].result));
    int received = polysock_recv_batch(b, in, COUNT, 1000);
    if (sent < 0 || received < 0)
        fprintf(stderr, "%s\n", polysock_last_detail());
    else
        printf("%d sent, %d received: %.*s\n", sent, received, (int)in[0].result, memory[0]);
    polysock_free(a);
    polysock_free(b);
    return 0;
}

/* Streams: all bytes or exactly n, one deadline for the whole call, and a count that is right when it fails. */
#include <polysock/polysock.h>
#include <stdio.h>

int main(void)
{
    polysock_t *a, *b;
    char header[4], body[8];
    polysock_iovec out[] = {{"head", 4}, {"body", 4}}, in[] = {{header, 4}, {body, 4}};
    size_t done;

    if (polysock_socketpair(&a, &b, POLYSOCK_SOCK_STREAM) < 0)
        return 1;
    polysock_sendv(a, out, 2, 1000); /* two pieces, one call */
    if (polysock_recvv(b, in, 2, 1000) == 8)
        printf("%.4s and %.4s\n", header, body);

    polysock_sendall(a, "abc", 3, NULL, 1000);
    int code = polysock_recv_exact(b, body, 8, &done, 50);
    printf("%s after %zu bytes: %.3s\n", polysock_err_name(code), done, body);

    polysock_sendall(a, "def", 3, NULL, 1000);
    polysock_shutdown(a, POLYSOCK_SHUT_WR);
    code = polysock_recv_exact(b, body, 8, &done, 1000);
    printf("%s after %zu bytes: %.3s\n", polysock_err_name(code), done, body);
    polysock_free(a);
    polysock_free(b);
    return code == POLYSOCK_ETRUNCATED ? 0 : 1;
}

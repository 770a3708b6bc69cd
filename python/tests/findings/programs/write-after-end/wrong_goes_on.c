/* Goes on sending after the end of the peer's stream. Over libc, SIGPIPE would end it here. */
#include <polysock/polysock.h>
#include <stdio.h>

int main(void)
{
    polysock_t *one, *other;
    char data[100];
    int sent = 0;

    if (polysock_socketpair(&one, &other, POLYSOCK_SOCK_STREAM) < 0)
        return 1;
    polysock_free(other);
    while (polysock_recv(one, data, sizeof data, 0, 5000) > 0)
        ;
    while (polysock_sendall(one, "hello", 5, NULL, 5000) == 0)
        sent++;
    polysock_free(one);
    return sent != 0;
}

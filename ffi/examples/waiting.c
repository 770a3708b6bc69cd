/* One thread, many sockets: a poller reports which are ready. */
#include <polysock/polysock.h>
#include <stdio.h>

enum { PAIRS = 100 };

int main(void)
{
    polysock_t *a[PAIRS], *b[PAIRS];
    polysock_poller *poller;
    polysock_event events[16];
    char byte;

    if (polysock_poller_new(&poller) < 0)
        return 1;
    for (int i = 0; i < PAIRS; i++) {
        if (polysock_socketpair(&a[i], &b[i], POLYSOCK_SOCK_STREAM) < 0)
            return 1;
        polysock_poller_add(poller, b[i], (uint64_t)i, POLYSOCK_POLLIN, POLYSOCK_POLL_LEVEL);
    }
    polysock_sendall(a[7], "x", 1, NULL, 1000);
    polysock_sendall(a[70], "y", 1, NULL, 1000);

    int n = polysock_poller_wait(poller, events, 16, 1000);
    for (int i = 0; i < n; i++)
        if (polysock_recv(b[events[i].token], &byte, 1, 0, 0) == 1)
            printf("socket %d says %c\n", (int)events[i].token, byte);

    polysock_pollfd one = {.socket = b[7], .events = POLYSOCK_POLLIN}; /* few sockets: poll */
    printf("nothing more: %d\n", polysock_poll(&one, 1, 10));
    for (int i = 0; i < PAIRS; i++) {
        polysock_free(a[i]);
        polysock_free(b[i]);
    }
    polysock_poller_free(poller);
    return n == 2 ? 0 : 1;
}

/* Checks whether send failed, but not how many bytes it took. */
#include <polysock/polysock.h>
#include <pthread.h>
#include <stdio.h>

static polysock_t *one, *other;

static void *receive_all(void *unused)
{
    static char data[65536];

    while (polysock_recv(other, data, sizeof data, 0, 5000) > 0)
        ;
    return unused;
}

int main(void)
{
    static char data[8000000];
    pthread_t thread;

    if (polysock_socketpair(&one, &other, POLYSOCK_SOCK_STREAM) < 0)
        return 1;
    pthread_create(&thread, NULL, receive_all, NULL);
    if (polysock_send(one, data, sizeof data, 0, 5000) < 0)
        return 2;
    polysock_free(one);
    pthread_join(thread, NULL);
    polysock_free(other);
}

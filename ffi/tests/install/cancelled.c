/* A thread that is cancelled while it waits for data: its stack is unwound through the layer's functions. */
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>

static void *wait_for_data(void *number)
{
    char byte;
    recv(*(int *)number, &byte, 1, 0);
    return NULL;
}

int main(void)
{
    int pair[2];
    pthread_t thread;
    void *ended = NULL;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || pthread_create(&thread, NULL, wait_for_data, &pair[0]) != 0)
        return 2;
    pthread_cancel(thread);
    pthread_join(thread, &ended);
    puts(ended == PTHREAD_CANCELED ? "cancelled" : "not cancelled");
    return 0;
}

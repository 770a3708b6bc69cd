/* Writes to a peer that has gone:  dead_peer raw|polysock PORT */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The peer's reset takes a moment; the kernel reports it as a hang-up. */
static void wait_for_hang_up(int fd)
{
    struct pollfd gone = {fd, 0, 0};
    poll(&gone, 1, 5000);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 64;
    if (strcmp(argv[1], "raw") == 0) {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        char end;
        if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0 || read(fd, &end, 1) != 0)
            return 1;
        if (write(fd, "first", 5) != 5) /* accepted by the kernel, answered by a reset */
            return 1;
        wait_for_hang_up(fd);
        ssize_t n = write(fd, "second", 6); /* SIGPIPE kills the process here */
        printf("survived: %zd\n", n);
    } else {
        polysock_t *s;
        char end;
        if (polysock_create_connection(&s, "127.0.0.1", argv[2], 5000) < 0 || polysock_recv(s, &end, 1, 0, 5000) != 0)
            return 1;
        if (polysock_send(s, "first", 5, 0, 5000) != 5)
            return 1;
        wait_for_hang_up(polysock_fileno(s));
        ssize_t n = polysock_send(s, "second", 6, 0, 5000);
        printf("%s\n", n < 0 ? polysock_err_name((int)n) : "sent");
        polysock_free(s);
    }
    return 0;
}

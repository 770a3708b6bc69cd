/* Sends a megabyte to a slow reader with "a timeout of 1 second":  slow_send loop|polysock PORT
 *
 * `loop` is what most libraries do: wait up to a second for room, send what fits, repeat. Each wait starts the
 * clock again, and when one fails the caller does not learn how much was sent. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <polysock/polysock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TOTAL = 1 << 20, TIMEOUT_MS = 1000, SEND_BUFFER = 32768 };
static char data[TOTAL];

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int send_all_in_a_loop(int fd, const char *p, size_t n, int timeout_ms)
{
    while (n > 0) {
        struct pollfd room = {fd, POLLOUT, 0};
        if (poll(&room, 1, timeout_ms) <= 0)
            return -1;
        ssize_t sent = send(fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0)
            return -1;
        p += sent;
        n -= (size_t)sent;
    }
    return 0;
}

int main(int argc, char **argv)
{
    int size = SEND_BUFFER;
    if (argc != 3)
        return 64;
    if (strcmp(argv[1], "loop") == 0) {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
        if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
            return 1;
        double start = now_ms();
        int code = send_all_in_a_loop(fd, data, TOTAL, TIMEOUT_MS);
        printf("%.0f %d unknown\n", now_ms() - start, code);
        close(fd);
    } else {
        polysock_t *s;
        polysock_addr to;
        size_t done = 0;
        polysock_addr_parse(&to, "127.0.0.1", atoi(argv[2]));
        if (polysock_socket(&s, AF_INET, SOCK_STREAM, 0) < 0)
            return 1;
        polysock_setsockopt(s, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
        if (polysock_connect(s, &to, TIMEOUT_MS) < 0)
            return 1;
        double start = now_ms();
        int code = polysock_sendall(s, data, TOTAL, &done, TIMEOUT_MS);
        printf("%.0f %d %zu\n", now_ms() - start, code, done);
        polysock_free(s);
    }
    return 0;
}

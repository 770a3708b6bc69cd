/* What the servers in C share: their arguments, the listening socket, and the answer to what was received.
 *
 * A server is started with the arguments `MODE CONNECTIONS`, after others that only it knows. It prints the port on which it listens, and ends when its standard
 * input does. MODE is what it does with what a connection sends:
 *
 *     echo    sends back what each receive brought
 *     frames  takes messages, each after its length in 32 bits, out of the stream and sends each back after its length
 *     http    takes requests, up to their empty line, and sends a small reply to each
 *
 * CONNECTIONS is how many the server should be ready for.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http.h"

enum { BACKLOG = 1024, RECEIVE = 64 * 1024, LONGEST_MESSAGE = 1 << 20 };

static void must(const char *what, long result)
{
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

/* Ends the process when its standard input, a pipe, has ended. The system's signal does it, so this needs no thread and
 * no part in the server's loop. */
static inline void end_with_standard_input(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    must("fcntl", fcntl(STDIN_FILENO, F_SETOWN, getpid()));
    must("fcntl", fcntl(STDIN_FILENO, F_SETFL, O_ASYNC)); /* SIGIO, which ends a process */
    if (poll(&input, 1, 0) > 0)
        exit(0);
}

static inline void print_port(int port)
{
    printf("%d\n", port);
    fflush(stdout);
}

/* A socket that listens; its port is printed. */
static inline int listening(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must("socket", listener);
    must("bind", bind(listener, (struct sockaddr *)&address, sizeof address));
    must("listen", listen(listener, BACKLOG));
    must("getsockname", getsockname(listener, (struct sockaddr *)&address, &length));
    print_port(ntohs(address.sin_port));
    return listener;
}

static inline void send_at_once(int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* ---------------------------------------------------------------- the answer to what was received */

typedef struct {
    char *data;
    size_t length, room;
} bytes;

static inline void bytes_add(bytes *b, const char *data, size_t n)
{
    if (b->room - b->length < n) {
        size_t room = b->length + n + b->room;
        char *larger = realloc(b->data, room);
        if (larger == NULL)
            abort();
        b->data = larger, b->room = room;
    }
    memcpy(b->data + b->length, data, n);
    b->length += n;
}

static inline void bytes_free(bytes *b)
{
    free(b->data);
    memset(b, 0, sizeof *b);
}

/* Adds the answer to the first request to `replies`; returns its length, or 0 while it has not all arrived. */
typedef size_t answer_one(const char *data, size_t n, bytes *replies);

static inline size_t answer_message(const char *data, size_t n, bytes *replies)
{
    uint32_t length;
    if (n < sizeof length)
        return 0;
    memcpy(&length, data, sizeof length);
    length = ntohl(length);
    if (length > LONGEST_MESSAGE)
        exit(1);
    if (n - sizeof length < length)
        return 0;
    uint32_t prefix = htonl(length);
    bytes_add(replies, (const char *)&prefix, sizeof prefix);
    bytes_add(replies, data + sizeof prefix, length);
    return sizeof prefix + length;
}

static inline size_t answer_http(const char *data, size_t n, bytes *replies)
{
    static const char reply[] = HTTP_REPLY;
    const char *end = memmem(data, n, "\r\n\r\n", 4);
    if (end == NULL)
        return 0;
    bytes_add(replies, reply, sizeof reply - 1);
    return (size_t)(end - data) + 4;
}

/* NULL for echo. */
static answer_one *answer_mode;

static inline void serve_as(int argc, char **argv)
{
    const char *mode = argc > 2 ? argv[argc - 2] : "echo";
    answer_mode = strcmp(mode, "frames") == 0 ? answer_message : strcmp(mode, "http") == 0 ? answer_http : NULL;
    signal(SIGPIPE, SIG_IGN);
    end_with_standard_input();
}

/* The answer to what a connection has sent, with `unfinished` kept from one call to the next. The answer is in `data`
 * or in memory of this thread, until the next call. */
static inline const char *answer(bytes *unfinished, const char *data, size_t n, size_t *length)
{
    static _Thread_local bytes replies;
    if (answer_mode == NULL) {
        *length = n;
        return data;
    }
    if (unfinished->length > 0) {
        bytes_add(unfinished, data, n);
        data = unfinished->data, n = unfinished->length;
    }
    replies.length = 0;
    size_t done = 0, one;
    while (done < n && (one = answer_mode(data + done, n - done, &replies)) > 0)
        done += one;
    if (unfinished->length > 0) {
        memmove(unfinished->data, data + done, n - done);
        unfinished->length = n - done;
    } else if (done < n) {
        bytes_add(unfinished, data + done, n - done);
    }
    *length = replies.length;
    return replies.data;
}
